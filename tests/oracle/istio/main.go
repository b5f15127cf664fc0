// istio-oracle: what Istio's own validation says of YAML documents.
//
//	istio-oracle [-crd FILE]... [FILE...] > out.jsonl        (file names on stdin where none is given)
//	istio-oracle -texts                                      (texts on stdin, each a JSON string on a line)
//
// One JSON line per object. An object of an Istio kind is put through what it would meet in a cluster: the form of its metadata,
// the structural schema and the CEL rules of its CRD (unknown fields are refused, as kubectl asks for), then the rules of
// Istio's validating webhook. Annotations that injection reads are put through injection's own checks, on pods, pod templates and
// anything else that carries them. All code is Istio's and the API server's; see README.md for what is left out.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	kubeschema "k8s.io/apimachinery/pkg/runtime/schema"
	kubejson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kubeyaml "k8s.io/apimachinery/pkg/util/yaml"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	"istio.io/istio/manifests"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/kube/inject"
	"istio.io/istio/pkg/log"
)

type problem struct {
	Class   string `json:"class"` // yaml, kind, meta, unknown, crd, webhook, annotation
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

type result struct {
	File      string    `json:"file"`
	Doc       int       `json:"doc"`
	Sub       int       `json:"sub"`
	Start     int       `json:"start"` // first line of the document, from 1
	End       int       `json:"end"`
	API       string    `json:"api,omitempty"`
	Kind      string    `json:"kind,omitempty"`
	Namespace string    `json:"namespace,omitempty"`
	Name      string    `json:"name,omitempty"`
	Verdict   string    `json:"verdict"` // ok, invalid, not-served, other-kind, empty, no-object, yaml, unreadable
	Problems  []problem `json:"problems,omitempty"`
	Warnings  []string  `json:"warnings,omitempty"`
	JSON      string    `json:"json,omitempty"`
}

// A version of a CRD, as the API server holds it.
type version struct {
	structural *schema.Structural
	schema     validation.SchemaCreateValidator
	cel        *cel.Validator
	namespaced bool
	served     bool
}

var versions = map[kubeschema.GroupVersionKind]*version{}
var groups = map[string]bool{}

type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

func main() {
	var more list
	flag.Var(&more, "crd", "a file of further CRDs (Gateway API's, say); may be repeated")
	texts := flag.Bool("texts", false, "judge texts: JSON strings on standard input, one a line")
	withJSON := flag.Bool("json", false, "add each document as JSON")
	flag.Parse()
	logging := log.DefaultOptions()
	logging.OutputPaths = []string{"stderr"}
	check(log.Configure(logging))
	own, err := manifests.FS.ReadFile("charts/base/files/crd-all.gen.yaml")
	check(err)
	check(load(bytes.NewReader(own)))
	for _, name := range more {
		f, err := os.Open(name)
		check(err)
		check(load(f))
		f.Close()
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	one := func(path string) {
		for _, r := range file(filepath.Clean(path)) {
			if !*withJSON {
				r.JSON = ""
			}
			check(enc.Encode(r))
		}
	}
	if *texts {
		in := json.NewDecoder(os.Stdin)
		for n := 0; ; n++ {
			var text string
			if err := in.Decode(&text); err == io.EOF {
				return
			} else {
				check(err)
			}
			for _, r := range documents(fmt.Sprint(n), []byte(text)) {
				r.JSON = ""
				check(enc.Encode(r))
			}
		}
	}
	if flag.NArg() > 0 {
		for _, path := range flag.Args() {
			one(path)
		}
		return
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		if in.Text() != "" {
			one(in.Text())
		}
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "istio-oracle:", err)
		os.Exit(2)
	}
}

// load takes in CRDs.
func load(in io.Reader) error {
	decoder := kubeyaml.NewYAMLOrJSONDecoder(in, 1<<19)
	for {
		u := &unstructured.Unstructured{}
		if err := decoder.Decode(u); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if u.GetKind() != "CustomResourceDefinition" {
			continue
		}
		var v1 apiextensionsv1.CustomResourceDefinition
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, &v1); err != nil {
			return err
		}
		for _, v := range v1.Spec.Versions {
			internal := &apiextensions.CustomResourceValidation{}
			if err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(v.Schema, internal, nil); err != nil {
				return err
			}
			structural, err := schema.NewStructural(internal.OpenAPIV3Schema)
			if err != nil {
				return err
			}
			validator, _, err := validation.NewSchemaValidator(internal.OpenAPIV3Schema)
			if err != nil {
				return err
			}
			gvk := kubeschema.GroupVersionKind{Group: v1.Spec.Group, Version: v.Name, Kind: v1.Spec.Names.Kind}
			groups[gvk.Group] = true
			versions[gvk] = &version{structural, validator, cel.NewValidator(structural, true, celconfig.PerCallLimit),
				v1.Spec.Scope == apiextensionsv1.NamespaceScoped, v.Served}
		}
	}
}

func file(path string) (results []*result) {
	text, err := os.ReadFile(path)
	if err != nil {
		return []*result{{File: path, Verdict: "unreadable", Problems: []problem{{Class: "yaml", Message: err.Error()}}}}
	}
	return documents(path, text)
}

func documents(path string, text []byte) (results []*result) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	var doc bytes.Buffer
	n, line, start := 0, 0, 1
	flush := func(end int) {
		if doc.Len() > 0 {
			results = append(results, document(result{File: path, Doc: n, Start: start, End: end}, doc.Bytes())...)
			n++
		}
		doc.Reset()
	}
	for _, l := range bytes.SplitAfter(text, []byte("\n")) {
		line++
		if bytes.HasPrefix(l, []byte("---")) {
			flush(line - 1)
			start = line + 1
			continue
		}
		doc.Write(l)
	}
	flush(line)
	return results
}

func document(base result, text []byte) []*result {
	js, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		base.Verdict, base.Problems = "yaml", []problem{{Class: "yaml", Message: err.Error()}}
		return []*result{&base}
	}
	if string(bytes.TrimSpace(js)) == "null" {
		base.Verdict = "empty"
		return []*result{&base}
	}
	u := &unstructured.Unstructured{}
	if err := kubejson.Unmarshal(js, &u.Object); err != nil || u.GetAPIVersion() == "" || u.GetKind() == "" {
		base.Verdict = "no-object"
		return []*result{&base}
	}
	base.JSON = string(js)
	items, _, _ := unstructured.NestedSlice(u.Object, "items")
	if !strings.HasSuffix(u.GetKind(), "List") || items == nil {
		object(&base, u)
		return []*result{&base}
	}
	var results []*result
	for i, item := range items {
		r := base
		r.Sub, r.JSON = i, ""
		if m, ok := item.(map[string]any); ok {
			object(&r, &unstructured.Unstructured{Object: m})
		} else {
			r.Verdict = "no-object"
		}
		results = append(results, &r)
	}
	return results
}

func object(r *result, u *unstructured.Unstructured) {
	r.API, r.Kind, r.Namespace, r.Name = u.GetAPIVersion(), u.GetKind(), u.GetNamespace(), u.GetName()
	r.Verdict = "other-kind"
	gvk := u.GroupVersionKind()
	if v := versions[gvk]; v != nil && v.served {
		r.Verdict = "ok"
		custom(r, v, u)
	} else if groups[gvk.Group] {
		r.Verdict = "not-served"
		r.Problems = append(r.Problems, problem{Class: "kind", Message: fmt.Sprintf("no kind %s in %s", r.Kind, r.API)})
		return
	}
	injection(r, u.Object, "")
	if len(r.Problems) > 0 {
		r.Verdict = "invalid"
	}
}

// custom is what the API server and then the webhook do with an object of a CRD.
func custom(r *result, v *version, u *unstructured.Unstructured) {
	add := func(class, path, message string) {
		r.Problems = append(r.Problems, problem{Class: class, Field: path, Message: message})
	}
	errors := func(class string, errs field.ErrorList) bool {
		for _, e := range errs {
			add(class, e.Field, e.ErrorBody())
		}
		return len(errs) > 0
	}
	for key, value := range u.Object {
		switch key {
		case "metadata":
			if _, ok := value.(map[string]any); !ok {
				add("meta", "metadata", "no mapping")
				return
			}
		}
	}
	meta := u.DeepCopy()
	if v.namespaced && meta.GetNamespace() == "" {
		meta.SetNamespace(metav1.NamespaceDefault)
	}
	errors("meta", apivalidation.ValidateObjectMetaAccessor(meta, v.namespaced, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata")))
	defaulting.PruneNonNullableNullsWithoutDefaults(u.Object, v.structural)
	defaulting.Default(u.Object, v.structural)
	unknown := pruning.PruneWithOptions(u.DeepCopy().Object, v.structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	sort.Strings(unknown)
	for _, path := range unknown {
		add("unknown", path, "unknown field "+path)
	}
	bad := errors("crd", validation.ValidateCustomResource(nil, u.Object, v.schema))
	bad = errors("crd", listtype.ValidateListSetsAndMaps(nil, v.structural, u.Object)) || bad
	if !bad && v.cel != nil {
		errs, _ := v.cel.Validate(context.Background(), nil, v.structural, u.Object, nil, celconfig.RuntimeCELCostBudget)
		errors("crd", errs)
	}
	gvk := u.GroupVersionKind()
	s, ok := collections.Pilot.FindByGroupVersionAliasesKind(config.GroupVersionKind{Group: gvk.Group, Version: gvk.Version, Kind: gvk.Kind})
	if !ok {
		return
	}
	spec, err := s.NewInstance()
	if err != nil {
		add("webhook", "", err.Error())
		return
	}
	text, _ := json.Marshal(u.Object["spec"])
	if err := config.ApplyJSONStrict(spec, string(text)); err != nil {
		add("webhook", "spec", "cannot parse: "+err.Error())
		return
	}
	warn, err := s.ValidateConfig(config.Config{Spec: spec, Meta: config.Meta{GroupVersionKind: s.GroupVersionKind(), Name: u.GetName(),
		Namespace: meta.GetNamespace(), Labels: u.GetLabels(), Annotations: u.GetAnnotations()}})
	if warn != nil {
		r.Warnings = append(r.Warnings, warn.Error())
	}
	if err != nil {
		add("webhook", "spec", err.Error())
	}
}

// injection looks for annotations that injection checks, in every metadata of the object: a pod with a bad one is never created.
func injection(r *result, node any, path string) {
	switch n := node.(type) {
	case map[string]any:
		keys := make([]string, 0, len(n))
		for key := range n {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		for _, key := range keys {
			at := strings.TrimPrefix(path+"."+key, ".")
			annotations, ok := n[key].(map[string]any)
			if key != "annotations" || !ok {
				injection(r, n[key], at)
				continue
			}
			for name, value := range annotations {
				text, isText := value.(string)
				if check := inject.AnnotationValidation[name]; check != nil && isText {
					if err := check(text); err != nil {
						r.Problems = append(r.Problems, problem{Class: "annotation", Field: at + "." + name, Message: err.Error()})
					}
				}
			}
		}
	case []any:
		for i, item := range n {
			injection(r, item, fmt.Sprintf("%s[%d]", path, i))
		}
	}
}
