// Command k8s-test-registry is the real registry of the distribution project, so that the tests can
// ask what registries really answer without a container engine.
//
// Called with the argument "references", it reads image references from its standard input, one
// JSON string a line, and prints what the kubelet's own parser takes each for.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/auth/token"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	"github.com/distribution/reference"
)

type meaning struct {
	Domain string `json:"domain"`
	Path   string `json:"path"`
	Tag    string `json:"tag"`
	Digest string `json:"digest"`
	Error  string `json:"error"`
}

func parsed(text string) meaning {
	named, err := reference.ParseDockerRef(text)
	if err != nil {
		return meaning{Error: err.Error()}
	}
	found := meaning{Domain: reference.Domain(named), Path: reference.Path(named)}
	// ParseDockerRef drops the tag beside a digest and adds "latest"; what was written is wanted.
	whole, err := reference.ParseNormalizedNamed(text)
	if err != nil {
		return meaning{Error: err.Error()}
	}
	if tagged, ok := whole.(reference.Tagged); ok {
		found.Tag = tagged.Tag()
	}
	if digested, ok := whole.(reference.Digested); ok {
		found.Digest = digested.Digest().String()
	}
	return found
}

func references() error {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var text string
		if err := json.Unmarshal(in.Bytes(), &text); err != nil {
			return err
		}
		if err := out.Encode(parsed(text)); err != nil {
			return err
		}
	}
	return in.Err()
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "references" {
		if err := references(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := registry.RootCmd.Execute(); err != nil {
		os.Exit(1)
	}
}
