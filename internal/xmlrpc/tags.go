package xmlrpc

const xmlHeader = "<?xml version='1.0'?>\n"

// The pieces of documents in canonical form, which is what Python's xmlrpc.client and
// this package's writer make of a call or an answer: a capture of the original that is
// read and written again is the same file.
const (
	CallStart  = xmlHeader + "<methodCall>\n<methodName>" // the method's name follows
	CallParams = "</methodName>\n<params>\n"
	CallEnd    = "</params>\n</methodCall>\n"
	ParamStart = "<param>\n"
	ParamEnd   = "</param>\n"

	AnswerStart = xmlHeader + "<methodResponse>\n<params>\n" + ParamStart
	AnswerEnd   = ParamEnd + "</params>\n</methodResponse>\n"

	IntStart    = "<value><int>"
	IntEnd      = "</int></value>\n"
	TextStart   = "<value><string>"
	TextEnd     = "</string></value>\n"
	ArrayStart  = "<value><array><data>\n"
	ArrayEnd    = "</data></array></value>\n"
	StructStart = "<value><struct>\n"
	StructEnd   = "</struct></value>\n"
	MemberStart = "<member>\n<name>" // the member's name follows
	NameEnd     = "</name>\n"
	MemberEnd   = "</member>\n"

	nilValue = "<value><nil/></value>"
)
