package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// A stream as kubectl reads it: documents up to the first that it refuses.
type stream struct {
	// Documents that hold something, as JSON.
	Documents []json.RawMessage `json:"documents"`
	// Why the next document is refused.
	Error string `json:"error,omitempty"`
}

// readStream reads a text with the decoder that kubectl reads files and standard input with.
func readStream(text []byte) stream {
	read := stream{Documents: []json.RawMessage{}}
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(decoded(text)), 4096)
	for {
		var document runtime.RawExtension
		err := decoder.Decode(&document)
		if err == io.EOF {
			return read
		}
		if err != nil {
			read.Error = err.Error()
			return read
		}
		raw := bytes.TrimSpace(document.Raw)
		if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
			continue
		}
		written, err := normal(raw)
		if err != nil {
			read.Error = err.Error()
			return read
		}
		read.Documents = append(read.Documents, written)
	}
}

// normal writes JSON anew: every key once, numbers as they are, and no half of a surrogate pair.
func normal(raw []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if err := inRange(value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

// inRange refuses numbers that no type of the server can hold.
func inRange(value any) error {
	switch value := value.(type) {
	case json.Number:
		_, err := value.Float64()
		return err
	case []any:
		for _, item := range value {
			if err := inRange(item); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, item := range value {
			if err := inRange(item); err != nil {
				return err
			}
		}
	}
	return nil
}

// decoded is a file's text as kubectl opens it: without a byte order mark, in UTF-8.
func decoded(raw []byte) []byte {
	text, _, err := transform.Bytes(unicode.BOMOverride(unicode.UTF8.NewDecoder()), raw)
	if err != nil {
		return raw
	}
	return text
}

// A document is the text between two separators, with the lines that it spans.
type document struct {
	text       []byte
	start, end int
	// err says why the separator before it is refused; nothing is read after that.
	err error
}

// documents splits a text as kubectl does, and says where each document stands. A text of JSON is one
// document where all of it is one value.
func documents(text []byte) []document {
	if startsAsJSON(text) && json.Valid(text) {
		return []document{{text: text, start: 1, end: bytes.Count(text, []byte("\n")) + 1}}
	}
	return split(text)
}

// split does what YAMLReader.Read of k8s.io/apimachinery/pkg/util/yaml does, and counts lines.
func split(text []byte) []document {
	var (
		found       []document
		buffer      bytes.Buffer
		line, start = 0, 1
	)
	take := func(end int) {
		found = append(found, document{text: bytes.Clone(buffer.Bytes()), start: start, end: end})
		buffer.Reset()
	}
	reader := bufio.NewReader(bytes.NewReader(text))
	for {
		current, err := reader.ReadBytes('\n')
		if len(current) == 0 && err != nil {
			break
		}
		line++
		current = append(bytes.TrimSuffix(bytes.TrimSuffix(current, []byte("\n")), []byte("\r")), '\n')
		if rest, ok := bytes.CutPrefix(current, []byte("---")); ok {
			rest := strings.TrimSpace(string(rest))
			if rest != "" && !strings.HasPrefix(rest, "#") {
				err := fmt.Errorf("invalid Yaml document separator: %s", rest)
				return append(found, document{start: line, end: line, err: err})
			}
			if buffer.Len() > 0 {
				take(line - 1)
			} else {
				// A separator with nothing before it stays a part of the document.
				buffer.Write(current)
			}
			start = line + 1
			continue
		}
		if buffer.Len() == 0 {
			start = line
		}
		buffer.Write(current)
	}
	if buffer.Len() > 0 {
		take(line)
	}
	return found
}

// startsAsJSON says whether the first character is that of a JSON object.
func startsAsJSON(text []byte) bool {
	return utilyaml.IsJSONBuffer(text)
}
