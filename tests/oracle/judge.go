package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/warning"
	core "k8s.io/kubernetes/pkg/apis/core"
	"sigs.k8s.io/yaml"
)

// Verdicts. README.md says what each means.
const (
	accepted    = "ok"
	empty       = "empty"
	noObject    = "no-object"
	unknownKind = "unknown-kind"
	noStrategy  = "no-strategy"
	notReadable = "unreadable"
	badYAML     = "yaml"
	badType     = "decode"
	badFields   = "strict"
	invalid     = "invalid"
	removed     = "removed"
	notServed   = "not-served"
	panicked    = "panic"
)

// A Problem is one reason for which an object is refused.
type Problem struct {
	// Class is one of yaml, decode, unknown, duplicate, strict, removed, validation, meta, io, panic.
	Class   string `json:"class"`
	Field   string `json:"field,omitempty"`
	Type    string `json:"type,omitempty"`
	Message string `json:"message"`
}

// A Result is what the server says of one object.
type Result struct {
	File string `json:"file"`
	// Doc counts documents, Sub the items of a list, from 0; -1 for the list itself.
	Doc int `json:"doc"`
	Sub int `json:"sub"`
	// Start and End are the lines of the document, from 1.
	Start     int       `json:"start"`
	End       int       `json:"end"`
	API       string    `json:"api,omitempty"`
	Kind      string    `json:"kind,omitempty"`
	Namespace string    `json:"namespace,omitempty"`
	Name      string    `json:"name,omitempty"`
	Verdict   string    `json:"verdict"`
	Problems  []Problem `json:"problems,omitempty"`
	Warnings  []string  `json:"warnings,omitempty"`
	JSON      string    `json:"json,omitempty"`
}

func (r *Result) refuse(verdict string, problems ...Problem) {
	// The first reason counts; what comes later is told all the same.
	if r.Verdict == "" {
		r.Verdict = verdict
	}
	r.Problems = append(r.Problems, problems...)
}

func unreadable(path string, err error) *Result {
	return &Result{File: path, Verdict: notReadable, Problems: []Problem{{Class: "io", Message: err.Error()}}}
}

// judgeText says of every object in a text what the server says.
func judgeText(name string, raw []byte, withJSON bool) []*Result {
	var results []*Result
	for i, doc := range documents(decoded(raw)) {
		result := &Result{File: name, Doc: i, Start: doc.start, End: doc.end}
		results = append(results, judgeDocument(result, doc, withJSON)...)
	}
	return results
}

func judgeDocument(result *Result, doc document, withJSON bool) []*Result {
	asJSON, err := doc.text, doc.err
	if err == nil && !(startsAsJSON(doc.text) && json.Valid(doc.text)) {
		asJSON, err = yaml.YAMLToJSON(doc.text)
	}
	if err != nil {
		result.refuse(badYAML, Problem{Class: "yaml", Message: err.Error()})
		return []*Result{result}
	}
	if withJSON {
		result.JSON = string(asJSON)
	}
	if text := bytes.TrimSpace(asJSON); len(text) == 0 || string(text) == "null" {
		result.Verdict = empty
		return []*Result{result}
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(asJSON, &fields) == nil {
		result.API, result.Kind = textOf(fields["apiVersion"]), textOf(fields["kind"])
	}
	if result.API == "" || result.Kind == "" {
		result.Verdict = noObject
		return []*Result{result}
	}
	var items []json.RawMessage
	isList := strings.HasSuffix(result.Kind, "List") && fields["items"] != nil && json.Unmarshal(fields["items"], &items) == nil
	if !isList {
		judgeObject(result, doc.text)
		return []*Result{result}
	}
	return judgeList(result, doc.text, items)
}

// judgeList opens a list, as kubectl does. Only the text of the whole list shows repeated keys.
func judgeList(list *Result, text []byte, items []json.RawMessage) []*Result {
	var results []*Result
	if repeated := repeatedKeys(text); len(repeated) > 0 {
		whole := *list
		whole.Sub = -1
		whole.refuse(badFields, repeated...)
		results = append(results, &whole)
	}
	for i, item := range items {
		result := *list
		result.Sub = i
		var fields map[string]json.RawMessage
		_ = json.Unmarshal(item, &fields)
		result.API, result.Kind = textOf(fields["apiVersion"]), textOf(fields["kind"])
		if result.API == "" || result.Kind == "" {
			result.Verdict = noObject
		} else {
			judgeObject(&result, item)
		}
		results = append(results, &result)
	}
	if len(results) == 0 {
		list.Verdict = empty
		return []*Result{list}
	}
	return results
}

func textOf(raw json.RawMessage) string {
	var text string
	_ = json.Unmarshal(raw, &text)
	return text
}

func repeatedKeys(text []byte) []Problem {
	if _, err := yaml.YAMLToJSONStrict(text); err != nil {
		return []Problem{{Class: "duplicate", Message: err.Error()}}
	}
	return nil
}

func judgeObject(r *Result, text []byte) {
	defer func() {
		if reason := recover(); reason != nil {
			r.Verdict = panicked
			r.refuse(panicked, Problem{Class: "panic", Message: fmt.Sprint(reason, "\n", string(debug.Stack()))})
		}
	}()
	version, err := schema.ParseGroupVersion(r.API)
	if err != nil {
		r.refuse(badType, Problem{Class: "decode", Field: "apiVersion", Message: err.Error()})
		return
	}
	kind := version.WithKind(r.Kind)
	world := worldOf(kind)
	if world == nil {
		if isClosed(version.Group) {
			r.refuse(notServed, Problem{Class: "removed", Message: "no kind " + r.Kind + " in " + r.API})
		}
		// Of custom resources nothing but the text is known.
		r.Problems = append(r.Problems, repeatedKeys(text)...)
		if r.Verdict == "" {
			r.Verdict = unknownKind
		}
		return
	}
	if verdict, why := served(world, kind); verdict != "" {
		r.refuse(verdict, Problem{Class: "removed", Message: why})
		if verdict == removed {
			return
		}
	}
	object := decode(r, world, kind, text)
	if object == nil {
		return
	}
	strategy, ok := strategies[kind.GroupKind()]
	switch {
	case ok:
		create(r, kind, strategy, object)
	case r.Verdict == "":
		r.Verdict = noStrategy
	}
	if r.Verdict == "" {
		r.Verdict = accepted
	}
}

// decode is what the server does with the body of a request under strict field validation. Of what is
// not strict it reads on, so that validation has its say too.
func decode(r *Result, world *world, kind schema.GroupVersionKind, text []byte) runtime.Object {
	serializer := world.strictYAML
	if startsAsJSON(text) && json.Valid(text) {
		serializer = world.strictJSON
	}
	internal := schema.GroupVersion{Group: kind.Group, Version: runtime.APIVersionInternal}
	object, _, err := world.codecs.DecoderToVersion(serializer, internal).Decode(text, &kind, nil)
	if err == nil {
		return object
	}
	strict, isStrict := runtime.AsStrictDecodingError(err)
	if !isStrict {
		r.refuse(badType, Problem{Class: "decode", Message: err.Error()})
		return nil
	}
	for _, err := range strict.Errors() {
		r.refuse(badFields, strictProblem(err.Error()))
	}
	if object != nil {
		return object
	}
	object, _, err = world.codecs.DecoderToVersion(world.yaml, internal).Decode(text, &kind, nil)
	if err != nil {
		r.Verdict = badType
		r.refuse(badType, Problem{Class: "decode", Message: err.Error()})
		return nil
	}
	return object
}

var repeatedKey = regexp.MustCompile(`key .* already set in map`)

func strictProblem(message string) Problem {
	for _, class := range []string{"unknown", "duplicate"} {
		if field, ok := strings.CutPrefix(message, class+" field "); ok {
			return Problem{Class: class, Field: strings.Trim(field, `"`), Message: message}
		}
	}
	if repeatedKey.MatchString(message) {
		return Problem{Class: "duplicate", Message: message}
	}
	return Problem{Class: "strict", Message: message}
}

// create is what the handler (apiserver/pkg/endpoints/handlers/create.go) and the generic store
// (apiserver/pkg/registry/generic/registry/store.go) do before anything is stored.
func create(r *Result, kind schema.GroupVersionKind, strategy rest.RESTCreateStrategy, object runtime.Object) {
	metadata, err := meta.Accessor(object)
	if err != nil {
		r.refuse(badType, Problem{Class: "decode", Message: err.Error()})
		return
	}
	r.Namespace, r.Name = metadata.GetNamespace(), metadata.GetName()
	namespace := r.Namespace
	if !strategy.NamespaceScoped() {
		namespace = ""
	} else if namespace == "" {
		namespace = "default"
	}
	ctx := request.WithNamespace(context.Background(), namespace)
	ctx = request.WithRequestInfo(ctx, &request.RequestInfo{
		IsResourceRequest: true, Verb: "create", APIGroup: kind.Group, APIVersion: kind.Version,
		Namespace: namespace, Resource: strings.ToLower(kind.Kind) + "s",
	})
	ctx = warning.WithWarningRecorder(ctx, recorder{&r.Warnings})
	rest.WipeObjectMetaSystemFields(metadata)
	expected := rest.ExpectedNamespaceForScope(namespace, strategy.NamespaceScoped())
	if err := rest.EnsureObjectNamespaceMatchesRequestNamespace(expected, metadata); err != nil {
		r.refuseFor(err)
		return
	}
	rest.FillObjectMetaSystemFields(metadata)
	if metadata.GetGenerateName() != "" && metadata.GetName() == "" {
		metadata.SetName(strategy.GenerateName(metadata.GetGenerateName()))
	}
	if kind.GroupKind() == core.Kind("Service") {
		if err := allocate(ctx, object); err != nil {
			r.refuseFor(err)
			return
		}
	}
	if err := rest.BeforeCreate(strategy, ctx, object); err != nil {
		r.refuseFor(err)
	}
}

func (r *Result) refuseFor(err error) {
	r.refuse(invalid)
	var status apierrors.APIStatus
	if errors.As(err, &status) && status.Status().Details != nil && len(status.Status().Details.Causes) > 0 {
		for _, cause := range status.Status().Details.Causes {
			r.refuse(invalid, Problem{Class: "validation", Field: cause.Field, Type: string(cause.Type), Message: cause.Message})
		}
		return
	}
	r.refuse(invalid, Problem{Class: "meta", Message: err.Error()})
}

// A recorder keeps the warnings that the server sends along.
type recorder struct{ list *[]string }

func (r recorder) AddWarning(_, text string) { *r.list = append(*r.list, text) }
