//! What was read, or was to be read, and not judged.

/// Why something is not judged. The words are public: programs that read reports compare them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// It makes objects that no file shows: a HelmRelease, an Argo CD Application, and the like.
    Generator,
    /// A Helm chart whose templates are not rendered.
    UnrenderedChart,
    /// A kustomization with bases or charts that only a download shows, and that is not built.
    Remote,
    /// A document with placeholders that cannot be read before something fills them in.
    UnrenderedTemplate,
    /// A judged object that holds placeholders: what depends on their values is not judged.
    Placeholder,
    /// A judged object that kustomizations set fields of: these are not judged where all of them set them.
    SetElsewhere,
    /// An encrypted document or file.
    Encrypted,
    /// An object that a cluster gave, in a file: only what the API server refuses is reported.
    Dump,
    /// A patch: it is judged only as a part of the objects that it changes.
    Patch,
    /// A patch that no kustomization in view uses.
    UnusedPatch,
    /// A file or folder that the system does not let us read.
    Unreadable,
    /// A file that is not UTF-8.
    NotUtf8,
    /// A document that is not YAML and does not look like a manifest.
    NotYaml,
    /// A file above the limit of sizes.
    TooLarge,
    /// A path that was named and that the configuration excludes.
    Excluded,
    /// A file with a manifest that a `.gitignore` names.
    Ignored,
    /// A file with a manifest that is hidden, or in a hidden folder.
    Hidden,
    /// A file with a manifest in a `vendor` folder of Go modules.
    Vendored,
    /// A hidden, ignored or vendored file that was not looked into: it is too large, or there are too many.
    Unseen,
    /// A custom resource of a kind that no rule knows.
    CustomResource,
    /// A document without `apiVersion` and `kind`.
    NoManifest,
}

impl SkipReason {
    /// All reasons, in the order of reports.
    pub const ALL: [Self; 21] = [
        Self::Generator,
        Self::UnrenderedChart,
        Self::Remote,
        Self::UnrenderedTemplate,
        Self::Placeholder,
        Self::SetElsewhere,
        Self::Encrypted,
        Self::Dump,
        Self::Patch,
        Self::UnusedPatch,
        Self::Unreadable,
        Self::NotUtf8,
        Self::NotYaml,
        Self::TooLarge,
        Self::Excluded,
        Self::Ignored,
        Self::Hidden,
        Self::Vendored,
        Self::Unseen,
        Self::CustomResource,
        Self::NoManifest,
    ];

    /// The lower-case word used in reports for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Generator => "generator",
            Self::UnrenderedChart => "unrendered-chart",
            Self::Remote => "remote",
            Self::UnrenderedTemplate => "unrendered-template",
            Self::Placeholder => "placeholder",
            Self::SetElsewhere => "set-elsewhere",
            Self::Encrypted => "encrypted",
            Self::Dump => "dump",
            Self::Patch => "patch",
            Self::UnusedPatch => "unused-patch",
            Self::Unreadable => "unreadable",
            Self::NotUtf8 => "not-utf-8",
            Self::NotYaml => "not-yaml",
            Self::TooLarge => "too-large",
            Self::Excluded => "excluded",
            Self::Ignored => "ignored",
            Self::Hidden => "hidden",
            Self::Vendored => "vendored",
            Self::Unseen => "unseen",
            Self::CustomResource => "custom-resource",
            Self::NoManifest => "no-manifest",
        }
    }
}

/// What is not judged for one reason; of generators and custom resources, of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Why.
    pub reason: SkipReason,
    /// The kind of generators and custom resources, where it is a name: letters and digits.
    pub kind: Option<String>,
    /// How many documents, objects, files, charts or paths.
    pub count: usize,
    /// The path of the first, with its line where it is not the first document of its file.
    pub example: String,
    /// The command that shows what is not judged, where there is one.
    pub render: Option<&'static str>,
}

/// What a run did not judge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unjudged {
    /// By reason, the most frequent kind of each first.
    pub rows: Vec<Skipped>,
    /// How many manifests of named files are not judged at all.
    pub objects: usize,
    /// How many named files hold nothing but such manifests.
    pub files: usize,
}
