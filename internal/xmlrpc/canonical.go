package xmlrpc

import "strings"

// Canonical reads a document in canonical form, byte for byte, whose texts need no
// references. It makes no Values: whoever knows the shape of what a method takes reads
// one piece after the other, and asks in the end whether all of it was there.
//
// It never says what a document in another form means, nor that it is wrong. Whoever
// hears false from it has ParseCall or ParseAnswer read the document anew. What it does
// take, those take too, and alike.
//
// It keeps nothing of the document, and belongs to one goroutine.
type Canonical struct {
	doc    []byte // nil: not in canonical form
	pos    int
	depth  int
	values int
	limits Limits
}

// ReadCall begins to read a call: what follows are its arguments, each by Param, and
// EndCall. method is empty if the document does not begin as a canonical call does.
func ReadCall(document []byte, l Limits) (method []byte, c Canonical) {
	c = Canonical{doc: document, limits: l}
	c.skip(CallStart)
	method = c.plain()
	c.skip(CallParams)
	if c.doc == nil {
		method = nil
	}
	return method, c
}

// Param begins an argument.
func (c *Canonical) Param() { c.skip(ParamStart) }

// EndParam ends an argument.
func (c *Canonical) EndParam() { c.skip(ParamEnd) }

// EndCall tells whether the document was a canonical call within the limits, of which
// everything has been read.
func (c *Canonical) EndCall() bool {
	c.skip(CallEnd)
	return c.ended()
}

// ReadAnswer begins to read an answer: what follows is its value, and EndAnswer.
func ReadAnswer(document []byte, l Limits) Canonical {
	c := Canonical{doc: document, limits: l}
	c.skip(AnswerStart)
	return c
}

// EndAnswer tells whether the document was a canonical answer within the limits, of
// which everything has been read.
func (c *Canonical) EndAnswer() bool {
	c.skip(AnswerEnd)
	return c.ended()
}

func (c *Canonical) ended() bool {
	return c.doc != nil && c.pos == len(c.doc) && c.values <= c.limits.MaxElements
}

// Refuse leaves the document to the general parser.
func (c *Canonical) Refuse() { c.doc = nil }

// Rest is how many bytes have not been read yet. It bounds how many values can follow.
func (c *Canonical) Rest() int { return max(len(c.doc)-c.pos, 0) }

// skip wants a text.
func (c *Canonical) skip(text string) {
	if !c.skips(text) {
		c.Refuse()
	}
}

// skips tells whether a text follows, and passes it.
func (c *Canonical) skips(text string) bool {
	end := c.pos + len(text)
	if end > len(c.doc) || string(c.doc[c.pos:end]) != text {
		return false
	}
	c.pos = end
	return true
}

// Array begins an array: values follow, and EndArray.
func (c *Canonical) Array() {
	c.deeper()
	c.skip(ArrayStart)
}

// EndArray ends an array.
func (c *Canonical) EndArray() {
	c.skip(ArrayEnd)
	c.depth--
}

// InArray tells whether the array goes on, and if not ends it.
func (c *Canonical) InArray() bool {
	if c.skips(ArrayEnd) {
		c.depth--
		return false
	}
	return c.doc != nil
}

// Struct begins a struct.
func (c *Canonical) Struct() {
	c.deeper()
	c.skip(StructStart)
}

// Member wants a member of this name: its value follows, and EndMember.
func (c *Canonical) Member(name string) {
	c.skip(MemberStart)
	c.skip(name)
	c.skip(NameEnd)
}

// NextMember begins the struct's next member and returns its name, a part of the
// document: its value follows, and EndMember. When there is none it ends the struct.
func (c *Canonical) NextMember() (name []byte, more bool) {
	if !c.skips(MemberStart) {
		c.EndStruct()
		return nil, false
	}
	name = c.plain()
	c.skip(NameEnd)
	return name, c.doc != nil
}

// EndMember ends a member.
func (c *Canonical) EndMember() { c.skip(MemberEnd) }

// EndStruct ends a struct.
func (c *Canonical) EndStruct() {
	c.skip(StructEnd)
	c.depth--
}

func (c *Canonical) deeper() {
	c.values++
	if c.depth++; c.depth > c.limits.MaxDepth {
		c.Refuse()
	}
}

// Int reads an int of 32 bits.
func (c *Canonical) Int() int32 {
	c.values++
	c.skip(IntStart)
	negative := c.skips("-")
	start := c.pos
	var n int64
	for ; c.pos < len(c.doc) && c.pos < start+len("2147483648"); c.pos++ {
		digit := c.doc[c.pos] - '0'
		if digit > 9 {
			break
		}
		n = 10*n + int64(digit)
	}
	if negative {
		n = -n
	}
	if c.pos == start || n != int64(int32(n)) {
		c.Refuse()
	}
	c.skip(IntEnd)
	return int32(n)
}

// Text reads a string. It is a part of the document.
func (c *Canonical) Text() []byte {
	c.values++
	c.skip(TextStart)
	text := c.plain()
	c.skip(TextEnd)
	return text
}

// plainText has the bytes of texts that are written as they are and read as they stand:
// those of ASCII without control characters, without those that are escaped, and without
// what may begin "]]>".
var plainText = func() (is [256]bool) {
	for c := ' '; c <= '~'; c++ {
		is[c] = !strings.ContainsRune("<>&]", c)
	}
	is['\t'], is['\n'] = true, true
	return is
}()

// plain passes plain text. What comes after it is its caller's to look at.
func (c *Canonical) plain() []byte {
	start := c.pos
	for c.pos < len(c.doc) && plainText[c.doc[c.pos]] {
		c.pos++
	}
	if c.doc == nil {
		return nil
	}
	return c.doc[start:c.pos]
}
