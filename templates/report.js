(() => {
  "use strict";
  const form = document.getElementById("filters");
  if (!form) return;
  const shown = document.getElementById("shown");
  const findings = Array.from(document.querySelectorAll("article.finding"));
  const chunks = Array.from(document.querySelectorAll("div.chunk"));
  const groups = Array.from(document.querySelectorAll("details.group"));
  const unfolded = new Set(groups.filter((group) => group.open));
  const unfold = document.getElementById("unfold");
  const workloads = Array.from(document.querySelectorAll("details.workload"));
  let was_narrow = false;
  const apply = () => {
    const data = new FormData(form);
    const severities = new Set(data.getAll("severity"));
    const rule = data.get("rule");
    const workload = data.get("workload");
    let count = 0;
    for (const finding of findings) {
      const own = finding.dataset;
      const match =
        severities.has(own.severity) &&
        (!rule || own.rule === rule) &&
        (!workload || own.workload === workload);
      finding.hidden = !match;
      if (match) count += 1;
    }
    for (const chunk of chunks) {
      chunk.hidden = !chunk.querySelector("article.finding:not([hidden])");
    }
    // A reader who chose a rule or a workload wants to read what is left; after that all is as it was.
    const narrow = Boolean(rule || workload);
    for (const group of groups) {
      group.hidden = !group.querySelector("div.chunk:not([hidden])");
      if (narrow || was_narrow) group.open = narrow || unfolded.has(group);
    }
    was_narrow = narrow;
    for (const other of workloads) {
      other.hidden = Boolean(workload) && other.dataset.workload !== workload;
    }
    shown.textContent = `${count} of ${findings.length} findings shown`;
  };
  form.hidden = false;
  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  // The fields have their first values again only after the event.
  form.addEventListener("reset", () => setTimeout(apply));
  unfold.addEventListener("click", () => {
    for (const group of groups) {
      group.open = true;
    }
  });
  apply();
})();
