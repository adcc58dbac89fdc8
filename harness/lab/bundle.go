package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// bundle makes one text of a script or style among files, and of all that it
// imports from there.
func bundle(files fs.FS, entry string) (string, error) {
	result := api.Build(api.BuildOptions{
		EntryPoints:       []string{entry},
		Bundle:            true,
		Format:            api.FormatIIFE,
		Target:            api.ES2022,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsNone,
		MinifySyntax:      true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		Plugins:           []api.Plugin{from(files)},
	})
	var errs []error
	for _, m := range result.Errors {
		place := entry
		if l := m.Location; l != nil {
			place = fmt.Sprintf("%s:%d:%d", l.File, l.Line, l.Column)
		}
		errs = append(errs, fmt.Errorf("bundle %s: %s", place, m.Text))
	}
	if len(errs) > 0 {
		return "", errors.Join(errs...)
	}
	return string(result.OutputFiles[0].Contents), nil
}

// from has esbuild read nothing but these files.
func from(files fs.FS) api.Plugin {
	const namespace = "assets"
	return api.Plugin{Name: namespace, Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			name := a.Path
			if a.Importer != "" {
				name = path.Join(path.Dir(a.Importer), a.Path)
			}
			if strings.HasPrefix(a.Path, "data:") {
				return api.OnResolveResult{Path: a.Path, External: true}, nil
			}
			return api.OnResolveResult{Path: name, Namespace: namespace}, nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: namespace}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
			text, err := fs.ReadFile(files, a.Path)
			if err != nil {
				return api.OnLoadResult{}, err
			}
			contents, loader := string(text), api.LoaderJS
			switch path.Ext(a.Path) {
			case ".css":
				loader = api.LoaderCSS
			case ".json":
				loader = api.LoaderJSON
			case ".svg":
				loader = api.LoaderDataURL
			}
			return api.OnLoadResult{Contents: &contents, Loader: loader}, nil
		})
	}}
}
