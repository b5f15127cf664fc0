package main

import (
	"context"
	"net"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/registry/core/service/ipallocator"
	"k8s.io/kubernetes/pkg/registry/core/service/portallocator"
	servicestore "k8s.io/kubernetes/pkg/registry/core/service/storage"
)

// allocate runs the hook of the Services' storage, which comes before validation: it brings clusterIP and
// clusterIPs into line and gives out addresses and node ports.
func allocate(ctx context.Context, object runtime.Object) error {
	ports, err := portallocator.NewInMemory(*utilnet.ParsePortRangeOrDie("30000-32767"))
	if err != nil {
		return err
	}
	addresses := map[core.IPFamily]ipallocator.Interface{
		core.IPv4Protocol: anyAddress{core.IPv4Protocol, net.IPv4(10, 0, 0, 1)},
		core.IPv6Protocol: anyAddress{core.IPv6Protocol, net.ParseIP("fd00::1")},
	}
	store, _, _, err := servicestore.NewREST(noStorage{}, core.IPv4Protocol, addresses, ports, nil, nil, nil)
	if err != nil {
		return err
	}
	finish, err := store.Store.BeginCreate(ctx, object, &metav1.CreateOptions{})
	if finish != nil {
		finish(ctx, true)
	}
	return err
}

// anyAddress has every address free: which ranges a cluster has, no manifest can know.
type anyAddress struct {
	family core.IPFamily
	next   net.IP
}

func (a anyAddress) Allocate(net.IP) error         { return nil }
func (a anyAddress) AllocateNext() (net.IP, error) { return a.next, nil }
func (a anyAddress) Release(net.IP) error          { return nil }
func (a anyAddress) ForEach(func(net.IP))          {}
func (a anyAddress) CIDR() net.IPNet               { return net.IPNet{} }
func (a anyAddress) IPFamily() core.IPFamily       { return a.family }
func (a anyAddress) Has(net.IP) bool               { return false }
func (a anyAddress) Destroy()                      {}
func (a anyAddress) EnableMetrics()                {}
func (a anyAddress) DryRun() ipallocator.Interface { return a }

// noStorage stands for etcd: nothing is stored.
type noStorage struct{}

func (noStorage) GetRESTOptions(resource schema.GroupResource, _ runtime.Object) (generic.RESTOptions, error) {
	return generic.RESTOptions{
		StorageConfig:  &storagebackend.ConfigForResource{GroupResource: resource},
		ResourcePrefix: resource.Resource,
		Decorator: func(*storagebackend.ConfigForResource, string, func(runtime.Object) (string, error),
			func() runtime.Object, func() runtime.Object, storage.AttrFunc, storage.IndexerFuncs, *cache.Indexers,
		) (storage.Interface, factory.DestroyFunc, error) {
			return nil, func() {}, nil
		},
	}, nil
}
