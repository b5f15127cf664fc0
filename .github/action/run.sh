#!/usr/bin/env bash
# Runs lameduck: annotations or a report on standard output, a SARIF log, a job summary. Findings
# are no failure yet, so that the log can be uploaded: the output `exit-code` holds them back.
set -euo pipefail

sarif=$RUNNER_TEMP/lameduck.sarif
summary=$RUNNER_TEMP/lameduck.md

arguments=(check "--format=sarif=$sarif" "--format=markdown=$summary")
if [ "$LAMEDUCK_ANNOTATE" = true ]; then
  arguments+=(--format=github)
else
  arguments+=(--format=full)
fi
if [ -n "$LAMEDUCK_FAIL_ON" ]; then
  arguments+=("--fail-on=$LAMEDUCK_FAIL_ON")
fi
read -r -a more <<<"$LAMEDUCK_ARGS"
# Of an empty array, bash 3.2 says that it is not set.
arguments+=(${more[@]+"${more[@]}"} --)
while IFS= read -r path; do
  [ -z "$path" ] || arguments+=("$path")
done <<<"$LAMEDUCK_PATHS"

# In a full report lines of manifests could be workflow commands.
token=
if [ "$LAMEDUCK_ANNOTATE" != true ]; then
  token=lameduck-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  echo "::stop-commands::$token"
fi
code=0
"$LAMEDUCK_BINARY" "${arguments[@]}" || code=$?
[ -z "$token" ] || echo "::$token::"

if [ "$code" -gt 1 ]; then
  exit "$code"
fi
if [ "$LAMEDUCK_SUMMARY" = true ]; then
  cat "$summary" >>"$GITHUB_STEP_SUMMARY"
fi
{
  echo "sarif-file=$sarif"
  echo "exit-code=$code"
} >>"$GITHUB_OUTPUT"
