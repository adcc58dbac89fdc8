package xmlrpc

import (
	"fmt"
	"mime"
	"net/http"
)

// fromBrowser finds what tells a call of a web page from a call of a process: any
// page that somebody on the network has open could otherwise speak to every server
// here. A form can send text/plain, but not text/xml, which a browser first asks
// leave for; and to what a page sends it adds the page's origin. It returns nil if the
// call may go on.
func fromBrowser(r *http.Request) *refusal {
	if origin, there := r.Header["Origin"]; there {
		return &refusal{http.StatusForbidden, fmt.Sprintf("calls of web pages are refused (Origin %.100q)", origin)}
	}
	sent := r.Header.Get("Content-Type")
	if sent == "text/xml" { // nearly always
		return nil
	}
	if kind, _, err := mime.ParseMediaType(sent); err != nil || kind != "text/xml" {
		return &refusal{http.StatusUnsupportedMediaType, fmt.Sprintf("Content-Type %.100q, want text/xml", sent)}
	}
	return nil
}
