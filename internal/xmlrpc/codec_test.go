package xmlrpc_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gossiprpc/internal/xmlrpc"
	"gossiprpc/internal/xmlrpc/xmlrpctest"

	"pgregory.net/rapid"
)

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		method := rapid.StringMatching(`[a-zA-Z0-9_.:/]{1,20}`).Draw(t, "method")
		args := rapid.SliceOfN(values(3), 0, 4).Draw(t, "args")
		document := xmlrpc.AppendCall(nil, method, args...)
		gotMethod, gotArgs, err := xmlrpc.ParseCall(document, xmlrpc.DefaultLimits())
		if err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		if gotMethod != method || same(args, gotArgs) != "" {
			t.Fatalf("%q %s", gotMethod, same(args, gotArgs))
		}
		v := xmlrpc.ArrayValue(args...)
		got, err := xmlrpc.ParseAnswer(xmlrpc.AppendAnswer(nil, v), xmlrpc.DefaultLimits())
		if err != nil || same(v, got) != "" {
			t.Fatalf("%v %s", err, same(v, got))
		}
	})
}

// Python is the format's definition: it reads our documents to the same values,
// and we write each value with Python's very bytes.
func TestPythonReadsAndWritesTheSame(t *testing.T) {
	python := xmlrpctest.NewReferee(t)
	rapid.Check(t, func(rt *rapid.T) {
		args := rapid.SliceOfN(values(2), 0, 3).Draw(rt, "args")
		ours := xmlrpc.AppendCall(nil, "some.method", args...)
		method, got, err := python.Load(t, ours)
		if err != nil || method != "some.method" || same(args, got) != "" {
			rt.Fatalf("Python: %q, %v %s in\n%s", method, err, same(args, got), ours)
		}
		theirs, err := python.Dump(t, "some.method", args...)
		if err != nil {
			// Python writes no int over 32 bits.
			if strings.Contains(err.Error(), "int exceeds XML-RPC limits") {
				return
			}
			rt.Fatal(err)
		}
		// Python writes a carriage return as it is, and so loses it.
		if bytes.Contains(theirs, []byte("\r")) {
			return
		}
		if !bytes.Equal(theirs, ours) {
			rt.Fatalf("Python writes\n%s\nwe write\n%s", theirs, ours)
		}
	})
}

func TestFaultBothWays(t *testing.T) {
	python := xmlrpctest.NewReferee(t)
	want := &xmlrpc.Fault{Code: -32, Text: "<class 'Exception'>:method \"x\" is not supported"}
	document := xmlrpc.AppendFault(nil, want)
	_, err := xmlrpc.ParseAnswer(document, xmlrpc.DefaultLimits())
	var got *xmlrpc.Fault
	if !errors.As(err, &got) || *got != *want {
		t.Errorf("we read %v, want %v", err, want)
	}
	_, _, err = python.Load(t, document)
	if !errors.As(err, &got) || *got != *want {
		t.Errorf("Python reads %v, want %v", err, want)
	}
}

func TestTextThatXMLCannotHold(t *testing.T) {
	v, err := xmlrpc.ParseAnswer(
		xmlrpc.AppendAnswer(nil, xmlrpc.StringValue("a\x00b\xffc\uFFFEd\x1b")),
		xmlrpc.DefaultLimits(),
	)
	if err != nil || v.Str != "a\uFFFDb\uFFFDc\uFFFDd\uFFFD" {
		t.Fatalf("%q, %v", v.Str, err)
	}
}

// A capture read and written again is the same file.
func TestCapturesOfTheOriginal(t *testing.T) {
	files, err := filepath.Glob("../wire/testdata/*.xml")
	if err != nil || len(files) != 26 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	for _, file := range files {
		document, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var again []byte
		if strings.HasSuffix(file, ".call.xml") {
			method, args, err := xmlrpc.ParseCall(document, xmlrpc.DefaultLimits())
			if err != nil {
				t.Fatal(file, err)
			}
			again = xmlrpc.AppendCall(nil, method, args...)
		} else {
			v, err := xmlrpc.ParseAnswer(document, xmlrpc.DefaultLimits())
			if err != nil {
				t.Fatal(file, err)
			}
			again = xmlrpc.AppendAnswer(nil, v)
		}
		if !bytes.Equal(bytes.TrimSpace(document), bytes.TrimSpace(again)) {
			t.Errorf("%s changes to\n%s", file, again)
		}
	}
}

func param(value string) string {
	return "<?xml version='1.0'?><methodCall><methodName>m</methodName><params><param>" + value + "</param></params></methodCall>"
}

// What the scanner takes from others than Python; Python takes all of these too.
func TestAccepted(t *testing.T) {
	python := xmlrpctest.NewReferee(t)
	str, num := xmlrpc.StringValue, xmlrpc.IntValue
	for _, c := range []struct {
		document string
		want     xmlrpc.Value
	}{
		{param("<value>plain</value>"), str("plain")},
		{param("<value> two  blanks </value>"), str(" two  blanks ")},
		{param("<value>\n</value>"), str("\n")},
		{param("<value/>"), str("")},
		{param("<value></value>"), str("")},
		{param("<value><string/></value>"), str("")},
		{param("<value><string></string></value>"), str("")},
		{param("<value><string>&lt;&gt;&amp;&quot;&apos;&#65;&#x1D11E;</string></value>"), str("<>&\"'A𝄞")},
		{param("<value><string>a\r\nb\rc&#13;</string></value>"), str("a\nb\nc\r")},
		{param("<value>]] ></value>"), str("]] >")},
		{param("<value>\n<int>7</int>\n</value>"), num(7)},
		{param("<value><int> -7\n</int></value>"), num(-7)},
		{param("<value><int>+7</int></value>"), num(7)},
		{param("<value><i4>2147483647</i4></value>"), num(math.MaxInt32)},
		{param("<value><i8>-9223372036854775808</i8></value>"), num(math.MinInt64)},
		{param("<value><int>4294967296</int></value>"), num(1 << 32)},
		{param("<value><i1>-128</i1></value>"), num(-128)},
		{param("<value><i2>32767</i2></value>"), num(32767)},
		{param("<value><boolean>1</boolean></value>"), xmlrpc.BoolValue(true)},
		{param("<value><boolean>0</boolean></value>"), xmlrpc.BoolValue(false)},
		{param("<value><double> 1.5e3 </double></value>"), xmlrpc.DoubleValue(1500)},
		{param("<value><double>nan</double></value>"), xmlrpc.DoubleValue(math.NaN())},
		{param("<value><double>-inf</double></value>"), xmlrpc.DoubleValue(math.Inf(-1))},
		{param("<value><dateTime.iso8601> 20210506T10:00:00 </dateTime.iso8601></value>"), xmlrpc.DateTimeValue("20210506T10:00:00")},
		{param("<value><base64>\nAQ\n ID\n</base64></value>"), xmlrpc.Base64Value([]byte{1, 2, 3})},
		{param("<value><base64/></value>"), xmlrpc.Base64Value(nil)},
		{param("<value><nil/></value>"), xmlrpc.NilValue()},
		{param("<value><nil></nil></value>"), xmlrpc.NilValue()},
		{param("<value><ex:nil/></value>"), xmlrpc.NilValue()},
		{param("<value><ex:i8>5</ex:i8></value>"), num(5)},
		{param("<value><array><data/></array></value>"), xmlrpc.ArrayValue()},
		{param("<value><array/></value>"), xmlrpc.ArrayValue()},
		{param("<value><array> <data> <value>a</value>\n<value/> </data> </array></value>"), xmlrpc.ArrayValue(str("a"), str(""))},
		{param("<value><struct/></value>"), xmlrpc.StructValue()},
		{param("<value><struct> <member> <name>a&amp;</name> <value><nil/></value> </member> </struct></value>"), xmlrpc.StructValue(xmlrpc.Member{Name: "a&"})},
		{"\xEF\xBB\xBF" + param("<value>ü</value>"), str("ü")},
		{"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone='yes' ?>\n<methodCall><methodName>m</methodName><params><param><value>ü</value></param></params></methodCall>\n", str("ü")},
		{"<?xml version='1.0' encoding='ISO-8859-1'?><methodCall><methodName>m</methodName><params><param><value>\xfc</value></param></params></methodCall>", str("ü")},
		{"<?xml version='1.0' encoding='ISO-8859-15'?><methodCall><methodName>m</methodName><params><param><value>\xa4\xa6\xa8\xb4\xb8\xbc\xbd\xbe\xfc</value></param></params></methodCall>", str("€ŠšŽžŒœŸü")},
		{"<?xml version='1.0' encoding='us-ascii'?><methodCall><methodName>m</methodName><params><param><value>u</value></param></params></methodCall>", str("u")},
		{"\n <methodCall xmlns:ex = 'http://ws.apache.org/xmlrpc/namespaces/extensions' >\n<methodName >m</methodName\n> <params> <param a=\"b\"> <value>x</value> </param> </params> </methodCall> \n", str("x")},
	} {
		method, args, err := xmlrpc.ParseCall([]byte(c.document), xmlrpc.DefaultLimits())
		if err != nil || method != "m" || same([]xmlrpc.Value{c.want}, args) != "" {
			t.Errorf("%s\nread as %q, %v%s", c.document, method, err, same([]xmlrpc.Value{c.want}, args))
		}
		method, args, err = python.Load(t, []byte(c.document))
		if err != nil || method != "m" || same([]xmlrpc.Value{c.want}, args) != "" {
			t.Errorf("%s\nPython reads %q, %v%s", c.document, method, err, same([]xmlrpc.Value{c.want}, args))
		}
	}
}

func TestCallsWithoutParams(t *testing.T) {
	for _, document := range []string{
		"<methodCall><methodName>m</methodName></methodCall>",
		"<methodCall><methodName>m</methodName><params/></methodCall>",
		"<methodCall><methodName>m</methodName> <params> </params> </methodCall>",
	} {
		method, args, err := xmlrpc.ParseCall([]byte(document), xmlrpc.DefaultLimits())
		if err != nil || method != "m" || len(args) != 0 {
			t.Errorf("%s: %q, %v, %v", document, method, args, err)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct{ document, want string }{
		{"", "ends early"},
		{"  \n", "ends early"},
		{"hello", "where a tag belongs"},
		{"<methodCall>", "ends early"},
		{"<methodCall/>", "is empty"},
		{"<methodResponse></methodResponse>", "where <methodCall> belongs"},
		{"<!DOCTYPE x [<!ENTITY a 'b'>]><methodCall/>", "\"<!\""},
		{param("<value><!-- c --></value>"), "\"<!\""},
		{param("<value><![CDATA[x]]></value>"), "\"<!\""},
		{param("<value>x</value>") + "<!-- c -->", "\"<!\""},
		{param("<value>x</value>") + "<a>", "after the document"},
		{param("<value>x</value>") + "x", "text \"x\" where a tag belongs"},
		{param("<value><?php ?></value>"), "processing instruction"},
		{" <?xml version='1.0'?><methodCall/>", "white space before"},
		{"<?xml encoding='utf-8'?><methodCall/>", "no version"},
		{"<?xml version='1.1'?><methodCall/>", "version \"1.1\""},
		{"<?xml version='1.0' encoding='utf-16'?><methodCall/>", "encoding \"utf-16\" is not supported"},
		{"<?xml version='1.0' standalone='maybe'?><methodCall/>", "standalone"},
		{"<?xml version='1.0' other='x'?><methodCall/>", "holds"},
		{"<?xml version='1.0", "does not end"},
		{"<?xml version='1.0' encoding='us-ascii'?><methodCall><methodName>\xc3\xbc</methodName></methodCall>", "not US-ASCII"},
		{"\xff\xfe<\x00m\x00", "not UTF-8"},
		{param("<value>\xc3</value>"), "not UTF-8"},
		{param("<value>\xed\xa0\x80</value>"), "not UTF-8"},
		{param("<value>\x00</value>"), "control character 0x00"},
		{param("<value>\uFFFE</value>"), "XML forbids"},
		{param("<value>a]]>b</value>"), "\"]]>\""},
		{param("<value>&foo;</value>"), "entity \"&foo;\" is not known"},
		{param("<value>&#0;</value>"), "entity \"&#0;\""},
		{param("<value>&#x110000;</value>"), "entity \"&#x110000;\""},
		{param("<value>&#xD800;</value>"), "is not known"},
		{param("<value>&#-65;</value>"), "is not known"},
		{param("<value>&#;</value>"), "is not known"},
		{param("<value>&#x;</value>"), "is not known"},
		{param("<value>a & b</value>"), "\"&\" without an entity"},
		{param("<value><int></int></value>"), "no whole number"},
		{param("<value><int>1.5</int></value>"), "no whole number"},
		{param("<value><int>0x10</int></value>"), "no whole number"},
		{param("<value><i8>9223372036854775808</i8></value>"), "no whole number of 64 bits"},
		{param("<value><i1>128</i1></value>"), "no whole number of 8 bits"},
		{param("<value><boolean>2</boolean></value>"), "want 0 or 1"},
		{param("<value><boolean>true</boolean></value>"), "want 0 or 1"},
		{param("<value><double>1_0</double></value>"), "no double"},
		{param("<value><double>0x1p4</double></value>"), "no double"},
		{param("<value><double></double></value>"), "no double"},
		{param("<value><base64>A</base64></value>"), "bad base64"},
		{param("<value><nil>x</nil></value>"), "in nil"},
		{param("<value><what>x</what></value>"), "type <what> is not known"},
		{param("<value>x<int>1</int></value>"), "text \"x\" beside <int>"},
		{param("<value><int>1</int>x</value>"), "where a tag belongs"},
		{param("<value><int>1</int><int>2</int></value>"), "where </value> belongs"},
		{param("<value><int>1</i4></value>"), "where </int> belongs"},
		{param("<value><int>1</ex:int></value>"), "where </int> belongs"},
		{param("<value><array><value>1</value></array></value>"), "where <data> belongs"},
		{param("<value><array><data><int>1</int></data></array></value>"), "where <value> belongs"},
		{param("<value><struct><name>a</name></struct></value>"), "where <member> belongs"},
		{param("<value><struct><member><value>a</value></member></struct></value>"), "where <name> belongs"},
		{param("<value><struct><member><name>a</name></member></struct></value>"), "where <value> belongs"},
		{param("<value><struct><member/></struct></value>"), "where <member> belongs"},
		{param("<value>a</value><value>b</value>"), "where </param> belongs"},
		{param(""), "where <value> belongs"},
		{param("<value a=b>x</value>"), "quoted value"},
		{param("<value a='<'>x</value>"), "in an attribute"},
		{param("<value a='&amp;'>x</value>"), "in an attribute"},
		{param("<value a='1'b='2'>x</value>"), "attribute"},
		{param("<value>x</value b='2'>"), "attribute"},
		{param("<a:b:value>x</a:b:value>"), "proper name"},
		{param("< value>x</value>"), "proper name"},
		{param("<value>x</value"), "does not end"},
	} {
		_, _, err := xmlrpc.ParseCall([]byte(c.document), xmlrpc.DefaultLimits())
		var syntax *xmlrpc.SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\nerror %v, want %q", c.document, err, c.want)
		}
	}
}

func TestRefusedAnswers(t *testing.T) {
	fault := func(members string) string {
		return "<methodResponse><fault><value><struct>" + members + "</struct></value></fault></methodResponse>"
	}
	for _, c := range []struct{ document, want string }{
		{"<methodResponse></methodResponse>", "without value and fault"},
		{"<methodResponse><params/></methodResponse>", "0 values, want 1"},
		{"<methodResponse><params><param><value>a</value></param><param><value>b</value></param></params></methodResponse>", "2 values, want 1"},
		{"<methodResponse><other/></methodResponse>", "where <params> or <fault> belongs"},
		{"<methodResponse><!-- --></methodResponse>", "\"<!\""},
		{"<html><body>hello</body></html>", "where <methodResponse> belongs"},
		{"<methodResponse><fault/></methodResponse>", "holds no value"},
		{fault(""), "faultCode"},
		{fault("<member><name>faultCode</name><value>1</value></member><member><name>faultString</name><value>x</value></member>"), "int faultCode"},
		{fault("<member><name>faultCode</name><value><int>4294967296</int></value></member><member><name>faultString</name><value>x</value></member>"), "int faultCode"},
	} {
		_, err := xmlrpc.ParseAnswer([]byte(c.document), xmlrpc.DefaultLimits())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\nerror %v, want %q", c.document, err, c.want)
		}
	}
}

func nested(depth int) string {
	return param(strings.Repeat("<value><array><data>", depth) + strings.Repeat("</data></array></value>", depth))
}

func TestLimits(t *testing.T) {
	limits := xmlrpc.Limits{MaxDepth: 64, MaxElements: 100}
	if _, _, err := xmlrpc.ParseCall([]byte(nested(64)), limits); err != nil {
		t.Errorf("depth 64: %v", err)
	}
	if _, _, err := xmlrpc.ParseCall([]byte(nested(65)), limits); !errors.Is(err, xmlrpc.ErrLimit) {
		t.Errorf("depth 65: %v", err)
	}
	if _, _, err := xmlrpc.ParseCall([]byte(nested(1_000_000)), limits); !errors.Is(err, xmlrpc.ErrLimit) {
		t.Errorf("depth 1000000: %v", err)
	}
	list := func(n int) []byte {
		return []byte(param("<value><array><data>" + strings.Repeat("<value/>", n) + "</data></array></value>"))
	}
	if _, _, err := xmlrpc.ParseCall(list(99), limits); err != nil {
		t.Errorf("100 values: %v", err)
	}
	if _, _, err := xmlrpc.ParseCall(list(100), limits); !errors.Is(err, xmlrpc.ErrLimit) {
		t.Errorf("101 values: %v", err)
	}
}

// The worst document for the scanner: as many values as may be, in as few bytes.
func TestMemoryIsASmallMultipleOfTheBody(t *testing.T) {
	body := []byte(param("<value><array><data>" + strings.Repeat("<value/>", 2_000_000) + "</data></array></value>"))
	result := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if _, _, err := xmlrpc.ParseCall(body, xmlrpc.DefaultLimits()); !errors.Is(err, xmlrpc.ErrLimit) {
				b.Fatal(err)
			}
		}
	})
	// All that was ever allocated, garbage included.
	if got, most := result.AllocedBytesPerOp(), int64(16*len(body)); got > most {
		t.Errorf("%d bytes for a body of %d, want at most %d", got, len(body), most)
	}
}
