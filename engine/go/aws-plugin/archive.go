package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"sort"

	"google.golang.org/protobuf/types/known/structpb"
)

// shapeArchive marks a property that is an archive in the SDK and a file's name in Terraform (a function's code).
const shapeArchive = "archive"

const (
	archiveSignature = "0def7320c3a5731c473e5ecbe6d01bc7"
	assetSignature   = "c44067f5952c0a294b673a41bacd8c17"
)

// archiveName stands for an archive wherever no file is opened. It holds the hash of the contents, which the engine
// sends with an archive: other contents are another name, and every machine gives the same one.
func archiveName(archive *structpb.Struct) string {
	return "code-" + archive.GetFields()["hash"].GetStringValue() + ".zip"
}

// archives returns the archives among the SDK's properties, by name.
func (f fields) archives(sdk *structpb.Struct) map[string]*structpb.Struct {
	found := map[string]*structpb.Struct{}
	for name, each := range f {
		value := sdk.GetFields()[name].GetStructValue()
		if each.Shape == shapeArchive && value.GetFields()[signatureKey].GetStringValue() == archiveSignature {
			found[name] = value
		}
	}
	return found
}

// keepArchives puts the archives of a request back into its result, where the bridge has only a file's name.
func (f fields) keepArchives(request, result *structpb.Struct) {
	for name, archive := range f.archives(request) {
		if result.GetFields()[name] != nil {
			result.Fields[name] = structpb.NewStructValue(archive)
		}
	}
}

// withFiles writes the archives of a request to files, for as long as `call` runs. The translated structs are given
// the files' paths in the place of their names, old state too: where the contents are the same, so is the path.
func (f fields) withFiles(sdk *structpb.Struct, call func() error, bridge ...*structpb.Struct) error {
	archives := f.archives(sdk)
	if len(archives) == 0 {
		return call()
	}
	folder, err := os.MkdirTemp("", "strongroom-code-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	for name, archive := range archives {
		content, err := archiveBytes(archive)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(folder, archiveName(archive)), content, 0o600); err != nil {
			return err
		}
		for _, each := range bridge {
			if value := each.GetFields()[f[name].To]; value != nil {
				each.Fields[f[name].To] = structpb.NewStringValue(filepath.Join(folder, value.GetStringValue()))
			}
		}
	}
	return call()
}

func archiveBytes(archive *structpb.Struct) ([]byte, error) {
	source := archive.GetFields()["path"].GetStringValue()
	if source != "" {
		info, err := os.Stat(source)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			return os.ReadFile(source)
		}
	}
	files := map[string][]byte{}
	if err := collect(structpb.NewStructValue(archive), "", files); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	writer := zip.NewWriter(&out)
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names) // The same files make the same bytes, so AWS sees the same code.
	for _, name := range names {
		header := &zip.FileHeader{Name: name, Method: zip.Deflate}
		header.SetMode(0o644)
		entry, err := writer.CreateHeader(header)
		if err == nil {
			_, err = entry.Write(files[name])
		}
		if err != nil {
			return nil, err
		}
	}
	err := writer.Close()
	return out.Bytes(), err
}

// collect reads the files of an asset or archive into memory, under the given name.
func collect(value *structpb.Value, name string, files map[string][]byte) error {
	members := value.GetStructValue().GetFields()
	source := members["path"].GetStringValue()
	isAsset := members[signatureKey].GetStringValue() == assetSignature
	switch {
	case members["uri"].GetStringValue() != "":
		return fmt.Errorf("%s: an archive behind an address is not supported; use a file", name)
	case isAsset && source != "":
		content, err := os.ReadFile(source)
		files[name] = content
		return err
	case isAsset:
		files[name] = []byte(members["text"].GetStringValue())
		return nil
	case source != "":
		return collectFolder(source, name, files)
	}
	for inner, each := range members["assets"].GetStructValue().GetFields() {
		if err := collect(each, path.Join(name, inner), files); err != nil {
			return err
		}
	}
	return nil
}

func collectFolder(folder, name string, files map[string][]byte) error {
	return filepath.WalkDir(folder, func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(folder, file)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(file)
		files[path.Join(name, filepath.ToSlash(relative))] = content
		return err
	})
}
