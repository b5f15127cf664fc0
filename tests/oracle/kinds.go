package main

import (
	"fmt"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apiserver"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	aggregator "k8s.io/kube-aggregator/pkg/apis/apiregistration/install"
	"k8s.io/kubernetes/pkg/api/legacyscheme"

	_ "k8s.io/kubernetes/pkg/apis/admission/install"
	_ "k8s.io/kubernetes/pkg/apis/admissionregistration/install"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/authentication/install"
	_ "k8s.io/kubernetes/pkg/apis/authorization/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/certificates/install"
	_ "k8s.io/kubernetes/pkg/apis/coordination/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/discovery/install"
	_ "k8s.io/kubernetes/pkg/apis/events/install"
	_ "k8s.io/kubernetes/pkg/apis/extensions/install"
	_ "k8s.io/kubernetes/pkg/apis/flowcontrol/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/node/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
	_ "k8s.io/kubernetes/pkg/apis/resource/install"
	_ "k8s.io/kubernetes/pkg/apis/scheduling/install"
	_ "k8s.io/kubernetes/pkg/apis/storage/install"
)

// A world is one of the servers behind one address: that of the built-in kinds, of definitions of custom
// resources, of the aggregator.
type world struct {
	scheme     *runtime.Scheme
	codecs     serializer.CodecFactory
	strictYAML runtime.Serializer
	// JSON has escapes that YAML lacks.
	strictJSON runtime.Serializer
	yaml       runtime.Serializer
}

var aggregatorScheme = func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	aggregator.Install(scheme)
	return scheme
}()

var worlds = []world{newWorld(legacyscheme.Scheme), newWorld(apiextensions.Scheme), newWorld(aggregatorScheme)}

func newWorld(scheme *runtime.Scheme) world {
	codecs := serializer.NewCodecFactory(scheme)
	info := func(mediaType string) runtime.SerializerInfo {
		info, ok := runtime.SerializerInfoForMediaType(codecs.SupportedMediaTypes(), mediaType)
		if !ok {
			panic("no serializer for " + mediaType)
		}
		return info
	}
	asYAML, asJSON := info(runtime.ContentTypeYAML), info(runtime.ContentTypeJSON)
	return world{scheme, codecs, asYAML.StrictSerializer, asJSON.StrictSerializer, asYAML.Serializer}
}

// worldOf is where a kind is known; nil for custom resources and for what nobody knows.
func worldOf(kind schema.GroupVersionKind) *world {
	for i := range worlds {
		if worlds[i].scheme.Recognizes(kind) {
			return &worlds[i]
		}
	}
	return nil
}

// isClosed says whether every kind of a group is built in: a kind that is not known does not exist.
func isClosed(group string) bool {
	for _, world := range worlds {
		// Custom resources may live in the groups of other projects of Kubernetes.
		if world.scheme.IsGroupRegistered(group) && !strings.Contains(group, ".k8s.io.") {
			return true
		}
	}
	return false
}

var stable = regexp.MustCompile(`^v[0-9]+$`)

// served says why a server with its defaults does not serve a kind that its code knows: it was removed
// (then nothing more is known of it), or alpha and beta versions are off (pkg/controlplane/instance.go).
func served(world *world, kind schema.GroupVersionKind) (verdict, why string) {
	if object, err := world.scheme.New(kind); err == nil {
		if known, ok := object.(interface{ APILifecycleRemoved() (int, int) }); ok {
			if major, minor := known.APILifecycleRemoved(); major == 1 && minor > 0 && minor <= serverMinor {
				return removed, fmt.Sprintf("removed in %d.%d", major, minor)
			}
		}
	}
	switch {
	case kind.Group == "extensions", kind.GroupVersion().String() == "apps/v1beta1", kind.GroupVersion().String() == "apps/v1beta2":
		return removed, "not served"
	case !stable.MatchString(kind.Version):
		return notServed, "off by default"
	}
	return "", ""
}

// serverMinor is the minor version of the Kubernetes release that this program is built of.
var serverMinor = func() int {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		panic("built without modules")
	}
	for _, module := range info.Deps {
		if module.Path == "k8s.io/kubernetes" {
			if parts := strings.Split(module.Version, "."); len(parts) > 1 {
				if minor, err := strconv.Atoi(parts[1]); err == nil {
					return minor
				}
			}
		}
	}
	panic("no version of k8s.io/kubernetes")
}()
