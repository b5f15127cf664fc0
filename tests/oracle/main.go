// k8s-oracle says what a Kubernetes API server answers to manifests, by the server's own code.
//
//	k8s-oracle [-json] [FILE...]    judges files; without any, those that standard input names, one a line
//	k8s-oracle [-json] -texts       judges texts: JSON strings on standard input, one a line
//	k8s-oracle -yaml                reads such texts as kubectl does, and prints their documents as JSON
//
// README.md says what the lines of the output hold and what is left out.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/capabilities"
)

// longestLine bounds a line of standard input: a text, written as a JSON string.
const longestLine = 64 << 20

func main() {
	withJSON := flag.Bool("json", false, "add each document as the JSON that kubectl sends")
	asTexts := flag.Bool("texts", false, "judge texts, given as JSON strings on standard input")
	asYAML := flag.Bool("yaml", false, "only read texts, given as JSON strings on standard input")
	flag.Parse()
	if err := run(*withJSON, *asTexts, *asYAML); err != nil {
		fmt.Fprintln(os.Stderr, "k8s-oracle:", err)
		os.Exit(1)
	}
}

func run(withJSON, asTexts, asYAML bool) error {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	var err error
	if asYAML {
		err = eachText(func(_ int, text []byte) error { return lines.Encode(readStream(text)) })
	} else {
		// Every distribution starts the API server with --allow-privileged.
		capabilities.Setup(true, 0)
		judge := func(name string, text []byte) error {
			for _, result := range judgeText(name, text, withJSON) {
				if err := lines.Encode(result); err != nil {
					return err
				}
			}
			return nil
		}
		if asTexts {
			err = eachText(func(n int, text []byte) error { return judge(strconv.Itoa(n), text) })
		} else {
			err = eachFile(flag.Args(), func(path string) error {
				text, err := os.ReadFile(path)
				if err != nil {
					return lines.Encode(unreadable(path, err))
				}
				return judge(path, text)
			})
		}
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

// eachText calls do with every text of standard input and its number, from 0.
func eachText(do func(n int, text []byte) error) error {
	n := 0
	return eachLine(func(line []byte) error {
		var text string
		if err := json.Unmarshal(line, &text); err != nil {
			return fmt.Errorf("line %d is not a JSON string: %w", n+1, err)
		}
		n++
		return do(n-1, []byte(text))
	})
}

// eachFile calls do with every path that was given, else with those that standard input names.
func eachFile(given []string, do func(path string) error) error {
	for _, path := range given {
		if err := do(filepath.Clean(path)); err != nil {
			return err
		}
	}
	if len(given) > 0 {
		return nil
	}
	return eachLine(func(line []byte) error { return do(filepath.Clean(string(line))) })
}

func eachLine(do func(line []byte) error) error {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, longestLine)
	for in.Scan() {
		if len(in.Bytes()) == 0 {
			continue
		}
		if err := do(in.Bytes()); err != nil {
			return err
		}
	}
	return in.Err()
}
