package xmlrpc

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// WithSystem returns m with the methods that servers of other makes offer about
// themselves, in the forms of Python's SimpleXMLRPCServer:
//
//	system.listMethods() -> array of names, sorted
//	system.methodHelp(name) -> text from help, else ""
//	system.methodSignature(name) -> "signatures not supported"
//	system.multicall([{methodName, params}, ...]) -> for each [answer] or {faultCode, faultString}
//	system.getCapabilities() -> struct of {specUrl, specVersion} (Python has none)
//
// They are not there unless asked for: none of the original's processes offers
// them. A multicall is one call to the limits, and cannot hold another.
func WithSystem(m Methods, help map[string]string) Methods {
	all := maps.Clone(m)
	if all == nil {
		all = Methods{}
	}
	all["system.listMethods"] = Method{Call: func(context.Context, []Value) (Value, error) {
		names := ArrayValue()
		for _, name := range slices.Sorted(maps.Keys(all)) {
			names.Items = append(names.Items, StringValue(name))
		}
		return names, nil
	}}
	all["system.methodHelp"] = Method{Call: func(_ context.Context, args []Value) (Value, error) {
		name, err := oneName(args)
		return StringValue(help[name]), err
	}}
	all["system.methodSignature"] = Method{Call: func(_ context.Context, args []Value) (Value, error) {
		_, err := oneName(args)
		return StringValue("signatures not supported"), err
	}}
	all["system.getCapabilities"] = Method{Call: func(context.Context, []Value) (Value, error) {
		return capabilities(), nil
	}}
	all[multicallName] = Method{Call: all.multicall}
	return all
}

func oneName(args []Value) (string, error) {
	if len(args) != 1 || args[0].Kind != String {
		return "", fmt.Errorf("want one argument, a method's name")
	}
	return args[0].Str, nil
}

func capabilities() Value {
	capability := func(name, url string, version int) Member {
		return Member{name, StructValue(
			Member{"specUrl", StringValue(url)}, Member{"specVersion", IntValue(version)},
		)}
	}
	return StructValue(
		capability("xmlrpc", "http://www.xmlrpc.com/spec", 1),
		capability("introspection", "http://phpxmlrpc.sourceforge.net/doc-2/ch10.html", 2),
		capability("system.multicall", "http://www.xmlrpc.com/discuss/msgReader$1208", 1),
		capability("nil", "http://www.ontosys.com/xml-rpc/extensions.php", 20010518),
	)
}

const multicallName = "system.multicall"

// multicall makes calls one after the other: a fault of one does not keep the
// next from being made.
func (m Methods) multicall(ctx context.Context, args []Value) (Value, error) {
	if len(args) != 1 || args[0].Kind != Array {
		return Value{}, fmt.Errorf("want one argument, an array of calls")
	}
	answers := ArrayValue()
	for _, call := range args[0].Items {
		if err := ctx.Err(); err != nil {
			return Value{}, err
		}
		v, err := m.oneOf(ctx, call)
		if err != nil {
			fault := AsFault(err)
			v = StructValue(Member{"faultCode", IntValue(fault.Code)}, Member{"faultString", StringValue(fault.Text)})
		} else {
			v = ArrayValue(v)
		}
		answers.Items = append(answers.Items, v)
	}
	return answers, nil
}

func (m Methods) oneOf(ctx context.Context, call Value) (Value, error) {
	name, hasName := call.Member("methodName")
	params, hasParams := call.Member("params")
	if !hasName || name.Kind != String || !hasParams || params.Kind != Array {
		return Value{}, fmt.Errorf("want a struct of methodName, a string, and params, an array")
	}
	if name.Str == multicallName {
		return Value{}, fmt.Errorf("%s inside %s is not allowed", multicallName, multicallName)
	}
	method, there := m[name.Str]
	if !there {
		return Value{}, NotSupported(name.Str)
	}
	return method.Call(ctx, params.Items)
}

// NotSupported is the error of a call of a method that is not there.
func NotSupported(name string) error {
	if len(name) > maxMethodName { // only a multicall can name such a one
		name = strings.ToValidUTF8(name[:maxMethodName], "") + "..."
	}
	return fmt.Errorf("method \"%s\" is not supported", name) //nolint:gocritic // Python's text: %q would escape
}
