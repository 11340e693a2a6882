//! Reading a repository: refs, commits, trees, blobs, differences.

use super::{GitFailed, Repository, memory, text};

/// One path of a commit's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `100644`, `100755`, `120000`, `160000`, or `040000` for a directory.
    pub mode: String,
    /// The object's id.
    pub oid: String,
    /// The object's size; `None` for what is no blob.
    pub size: Option<u64>,
    /// The path from the root.
    pub path: String,
}

/// A commit's own fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub oid: String,
    /// The id of its tree.
    pub tree: String,
    /// The ids of its parents.
    pub parents: Vec<String>,
    /// Author: name, address, RFC 3339 date.
    pub author: [String; 3],
    /// Committer: name, address, RFC 3339 date.
    pub committer: [String; 3],
    /// The whole message.
    pub message: String,
}

/// How one file differs between two commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// `A`, `M`, `D`, `R` or `T`.
    pub status: char,
    /// The path after the change.
    pub path: String,
    /// The path before it, when it moved.
    pub previous: Option<String>,
    /// Added lines.
    pub additions: u64,
    /// Deleted lines.
    pub deletions: u64,
}

impl Repository {
    /// The commit that a branch points to.
    pub fn head(&self, branch: &str) -> Option<String> {
        self.resolve(&format!("refs/heads/{branch}"))
    }

    /// The commit that a ref, a branch's name or an id stands for, if it is there.
    pub fn resolve(&self, revision: &str) -> Option<String> {
        if let Some(objects) = self.objects() {
            return objects.resolve(revision);
        }
        // `--end-of-options`: a branch called `--all` is a name, not an option.
        let peeled = format!("{revision}^{{commit}}");
        let found = self.git([
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &peeled,
        ]);
        found.ok().map(|oid| text(&oid))
    }

    /// What a client may write for a commit: a branch's name, a full ref, or an id.
    pub fn find(&self, name: &str) -> Option<String> {
        self.head(name).or_else(|| self.resolve(name))
    }

    /// Whether any object with this id is there.
    pub fn has_object(&self, oid: &str) -> bool {
        if let Some(objects) = self.objects() {
            return objects.has(oid);
        }
        oid.len() == 40 && self.git(["cat-file", "-e", oid]).is_ok()
    }

    /// Whether a full ref has a form that git takes.
    pub fn is_ref_name(&self, name: &str) -> bool {
        if self.objects().is_some() {
            return memory::is_ref_name(name);
        }
        self.git(["check-ref-format", name]).is_ok()
    }

    /// All branches with their commits.
    pub fn branches(&self) -> Vec<(String, String)> {
        if let Some(objects) = self.objects() {
            return objects.branches();
        }
        let format = "--format=%(refname:lstrip=2) %(objectname)";
        let lines = self
            .git(["for-each-ref", format, "refs/heads"])
            .unwrap_or_default();
        let lines = String::from_utf8_lossy(&lines).into_owned();
        lines
            .lines()
            .filter_map(|l| l.rsplit_once(' '))
            .map(|(n, o)| (n.to_owned(), o.to_owned()))
            .collect()
    }

    /// A commit's fields.
    pub fn commit(&self, oid: &str) -> Option<Commit> {
        if let Some(objects) = self.objects() {
            return objects.commit(oid);
        }
        let format = "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B";
        let shown = self
            .git(["log", "-1", format, "--end-of-options", oid])
            .ok()?;
        let shown = String::from_utf8_lossy(&shown).into_owned();
        let mut fields = shown.splitn(10, '\0').map(str::to_owned);
        let mut next = || fields.next().unwrap_or_default();
        Some(Commit {
            oid: next(),
            tree: next(),
            parents: next().split_whitespace().map(str::to_owned).collect(),
            author: [next(), next(), next()],
            committer: [next(), next(), next()],
            message: next().trim_end_matches('\n').to_owned(),
        })
    }

    /// Everything below `path` (all of the tree when it is empty); only its direct children
    /// unless `recursive`.
    pub fn tree(&self, commit: &str, path: &str, recursive: bool) -> Vec<Entry> {
        if let Some(objects) = self.objects() {
            return objects.tree(commit, path, recursive);
        }
        let mut arguments = vec!["ls-tree", "-z", "--long", "--full-tree"];
        arguments.extend(recursive.then_some("-r"));
        let below = format!("{}/", path.trim_end_matches('/'));
        arguments.push(commit);
        if !path.is_empty() {
            arguments.push(&below);
        }
        self.entries(&arguments)
    }

    /// The entry at exactly this path.
    pub fn entry(&self, commit: &str, path: &str) -> Option<Entry> {
        if let Some(objects) = self.objects() {
            return objects.entry(commit, path);
        }
        self.entries(&["ls-tree", "-z", "--long", "--full-tree", commit, path])
            .pop()
    }

    fn entries(&self, arguments: &[&str]) -> Vec<Entry> {
        let listed = self
            .git_with(&[("GIT_LITERAL_PATHSPECS", "1".as_ref())], arguments, &[])
            .unwrap_or_default();
        let listed = String::from_utf8_lossy(&listed).into_owned();
        listed
            .split_terminator('\0')
            .filter_map(parse_entry)
            .collect()
    }

    /// A blob's bytes.
    pub fn blob(&self, oid: &str) -> Result<Vec<u8>, GitFailed> {
        if let Some(objects) = self.objects() {
            return objects.blob(oid);
        }
        self.git(["cat-file", "blob", oid])
    }

    /// The bytes of many blobs, in order, with one process.
    pub fn blobs(&self, oids: &[&str]) -> Result<Vec<Vec<u8>>, GitFailed> {
        if let Some(objects) = self.objects() {
            return oids.iter().map(|oid| objects.blob(oid)).collect();
        }
        let wanted = oids.iter().flat_map(|oid| [oid, "\n"]).collect::<String>();
        let stream = self.git_with(&[], ["cat-file", "--batch"], wanted.as_bytes())?;
        let mut rest = stream.as_slice();
        let mut blobs = Vec::with_capacity(oids.len());
        while let Some(end) = rest.iter().position(|b| *b == b'\n') {
            let header = String::from_utf8_lossy(&rest[..end]).into_owned();
            let size = header
                .rsplit(' ')
                .next()
                .and_then(|s| s.parse::<usize>().ok())
                .unwrap_or(0);
            blobs.push(rest[end + 1..end + 1 + size].to_vec());
            rest = &rest[end + size + 2..];
        }
        Ok(blobs)
    }

    /// A file's bytes at a commit or branch.
    pub fn file(&self, revision: &str, path: &str) -> Option<Vec<u8>> {
        let entry = self.entry(&self.find(revision)?, path)?;
        self.blob(&entry.oid).ok()
    }

    /// The difference as `git diff` prints it, from where the two parted.
    pub fn diff(&self, base: &str, head: &str) -> Result<String, GitFailed> {
        if let Some(objects) = self.objects() {
            let diff = objects.diff(base, head);
            return diff.ok_or_else(|| memory::refused("diff", "no such commits"));
        }
        let range = format!("{base}...{head}");
        let diff = self.git([
            "diff",
            "--no-color",
            "--no-ext-diff",
            "--find-renames",
            &range,
            "--",
        ])?;
        Ok(String::from_utf8_lossy(&diff).into_owned())
    }

    /// The same difference for one file.
    pub fn patch(&self, base: &str, head: &str, path: &str) -> String {
        if let Some(objects) = self.objects() {
            return objects.patch(base, head, path);
        }
        let range = format!("{base}...{head}");
        let diff = self
            .git(["diff", "--no-color", "--no-ext-diff", &range, "--", path])
            .unwrap_or_default();
        let diff = String::from_utf8_lossy(&diff).into_owned();
        // As the API gives it: from the first hunk on.
        diff.find("\n@@").map_or_else(String::new, |at| {
            diff[at + 1..].trim_end_matches('\n').to_owned()
        })
    }

    /// The difference file by file.
    pub fn stats(&self, base: &str, head: &str) -> Vec<Stat> {
        if let Some(objects) = self.objects() {
            return objects.stats(base, head);
        }
        let range = format!("{base}...{head}");
        let differing = |how: &str| {
            let listed = self
                .git(["diff", "-z", "--find-renames", how, &range, "--"])
                .unwrap_or_default();
            String::from_utf8_lossy(&listed).into_owned()
        };
        let numbers = differing("--numstat");
        let mut numbers = numbers.split_terminator('\0');
        let names = differing("--name-status");
        let mut names = names.split_terminator('\0');
        let mut list = Vec::new();
        while let (Some(status), Some(first)) = (names.next(), names.next()) {
            let letter = status.chars().next().unwrap_or('M');
            let renamed = matches!(letter, 'R' | 'C');
            let path = if renamed {
                names.next().unwrap_or_default()
            } else {
                first
            };
            let mut counts = numbers
                .next()
                .unwrap_or_default()
                .split('\t')
                .map(|n| n.parse().unwrap_or(0));
            if renamed {
                // A rename's two paths follow as fields of their own.
                numbers.nth(1);
            }
            list.push(Stat {
                status: letter,
                path: path.to_owned(),
                previous: renamed.then(|| first.to_owned()),
                additions: counts.next().unwrap_or(0),
                deletions: counts.next().unwrap_or(0),
            });
        }
        list
    }

    /// The commits that `head` has and `base` has not, oldest first.
    pub fn commits_between(&self, base: &str, head: &str) -> Vec<String> {
        if let Some(objects) = self.objects() {
            return objects.commits_between(base, head);
        }
        let range = format!("{base}..{head}");
        let listed = self
            .git(["rev-list", "--reverse", &range, "--"])
            .unwrap_or_default();
        String::from_utf8_lossy(&listed)
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// Where two commits parted.
    pub fn merge_base(&self, a: &str, b: &str) -> Option<String> {
        if let Some(objects) = self.objects() {
            return objects.merge_base(a, b);
        }
        self.git(["merge-base", a, b]).ok().map(|oid| text(&oid))
    }

    /// The tree of a merge of two commits, if they do not conflict.
    pub fn merged_tree(&self, base: &str, head: &str) -> Option<String> {
        if let Some(mut objects) = self.objects() {
            return objects.merged_tree(base, head);
        }
        self.git(["merge-tree", "--write-tree", base, head])
            .ok()
            .map(|tree| text(&tree))
    }
}

/// `100644 blob 0123.. 42\tsrc/main.rs`
fn parse_entry(line: &str) -> Option<Entry> {
    let (fields, path) = line.split_once('\t')?;
    let mut fields = fields.split_whitespace();
    let (mode, _kind, oid, size) = (
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    );
    Some(Entry {
        mode: mode.to_owned(),
        oid: oid.to_owned(),
        size: size.parse().ok(),
        path: path.to_owned(),
    })
}
