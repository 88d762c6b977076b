// Prints, as JSON, how the API server's own types read and write the fields of the objects that
// k8sharden knows: the schema that the cluster in memory decodes with. See
// k8sharden/cluster/memory/schema.py for the notation, tests/contract for the test that it is current.
// To print it anew: go run ./apischema > ../../../k8sharden/cluster/memory/schema.json
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kubernetes/pkg/generated/openapi"
)

var roots = map[string]any{
	"v1/Namespace": corev1.Namespace{}, "v1/Node": corev1.Node{}, "v1/Pod": corev1.Pod{},
	"v1/Service": corev1.Service{}, "v1/ServiceAccount": corev1.ServiceAccount{},
	"v1/Secret": corev1.Secret{}, "v1/ConfigMap": corev1.ConfigMap{},
	"v1/LimitRange": corev1.LimitRange{}, "v1/Event": corev1.Event{},
	"v1/ReplicationController": corev1.ReplicationController{},
	"apps/v1/Deployment":       appsv1.Deployment{}, "apps/v1/DaemonSet": appsv1.DaemonSet{},
	"apps/v1/StatefulSet": appsv1.StatefulSet{}, "apps/v1/ReplicaSet": appsv1.ReplicaSet{},
	"batch/v1/Job": batchv1.Job{}, "batch/v1/CronJob": batchv1.CronJob{},
	"networking.k8s.io/v1/NetworkPolicy":                               networkingv1.NetworkPolicy{},
	"networking.k8s.io/v1/Ingress":                                     networkingv1.Ingress{},
	"networking.k8s.io/v1/IngressClass":                                networkingv1.IngressClass{},
	"discovery.k8s.io/v1/EndpointSlice":                                discoveryv1.EndpointSlice{},
	"apiregistration.k8s.io/v1/APIService":                             apiregistrationv1.APIService{},
	"rbac.authorization.k8s.io/v1/Role":                                rbacv1.Role{},
	"rbac.authorization.k8s.io/v1/ClusterRole":                         rbacv1.ClusterRole{},
	"rbac.authorization.k8s.io/v1/RoleBinding":                         rbacv1.RoleBinding{},
	"rbac.authorization.k8s.io/v1/ClusterRoleBinding":                  rbacv1.ClusterRoleBinding{},
	"admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy":        admissionv1.ValidatingAdmissionPolicy{},
	"admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding": admissionv1.ValidatingAdmissionPolicyBinding{},
	"admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration":   admissionv1.ValidatingWebhookConfiguration{},
	"admissionregistration.k8s.io/v1/MutatingWebhookConfiguration":     admissionv1.MutatingWebhookConfiguration{},
	"authorization.k8s.io/v1/SelfSubjectAccessReview":                  authorizationv1.SelfSubjectAccessReview{},
	"authorization.k8s.io/v1/SubjectAccessReview":                      authorizationv1.SubjectAccessReview{},
	"authorization.k8s.io/v1/SelfSubjectRulesReview":                   authorizationv1.SelfSubjectRulesReview{},
}

// The types that write themselves as one JSON value.
var scalars = map[string]string{
	"v1.Time": "time", "v1.MicroTime": "time", "v1.FieldsV1": "any", "v1.Duration": "string",
	"resource.Quantity": "quantity", "intstr.IntOrString": "intstr", "runtime.RawExtension": "any",
}

var (
	types       = map[string]map[string]string{}
	packages    = map[string]string{}
	definitions = openapi.GetOpenAPIDefinitions(func(string) spec.Ref { return spec.Ref{} })
)

// called is a type's name in the table. The aggregator has types of the same names as others.
func called(t reflect.Type) string {
	if strings.Contains(t.PkgPath(), "/apiregistration/") {
		return "apiregistration." + t.String()
	}
	return t.String()
}

func definition(t reflect.Type) common.OpenAPIDefinition {
	if named, ok := reflect.New(t).Elem().Interface().(interface{ OpenAPIModelName() string }); ok {
		return definitions[named.OpenAPIModelName()]
	}
	return definitions[t.PkgPath()+"."+t.Name()]
}

func name(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return name(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[]" + name(t.Elem())
	case reflect.Map:
		return "{}" + name(t.Elem())
	case reflect.Struct:
		if scalar, ok := scalars[t.String()]; ok {
			return scalar
		}
		walk(t)
		return called(t)
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	default:
		return t.Kind().String()
	}
}

func walk(t reflect.Type) {
	if _, done := types[called(t)]; done {
		if packages[called(t)] != t.PkgPath() {
			panic("two types are called " + called(t))
		}
		return
	}
	packages[called(t)] = t.PkgPath()
	fields := map[string]string{}
	types[called(t)] = fields
	add(t, fields)
	if definition(t).Schema.Extensions["x-kubernetes-map-type"] == "atomic" {
		fields["*"] = "atomic"
	}
}

func add(t reflect.Type, fields map[string]string) {
	properties := definition(t).Schema.Properties
	for i := range t.NumField() {
		field := t.Field(i)
		tag := strings.Split(field.Tag.Get("json"), ",")
		if tag[0] == "" { // inlined
			add(field.Type, fields)
			continue
		}
		fields[tag[0]] = strings.Join(append([]string{name(field.Type)}, traits(field, tag[1:], properties[tag[0]])...), " ")
	}
}

func traits(field reflect.StructField, options []string, schema spec.Schema) []string {
	found := []string{}
	if field.Type.Kind() == reflect.Pointer {
		found = append(found, "pointer")
	}
	found = append(found, options...)
	switch schema.Extensions["x-kubernetes-list-type"] {
	case "map":
		keys, _ := schema.Extensions["x-kubernetes-list-map-keys"].([]interface{})
		names := []string{}
		for _, key := range keys {
			names = append(names, key.(string))
		}
		found = append(found, "keys="+strings.Join(names, ","))
	case "set":
		found = append(found, "set")
	}
	if schema.Extensions["x-kubernetes-map-type"] == "atomic" {
		found = append(found, "atomic")
	}
	return found
}

func main() {
	kinds := map[string]string{}
	for kind, value := range roots {
		t := reflect.TypeOf(value)
		walk(t)
		kinds[kind] = called(t)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	out.SetEscapeHTML(false)
	if err := out.Encode(map[string]any{"kinds": kinds, "types": types}); err != nil {
		panic(err)
	}
}
