use super::*;
use crate::github::repository::Repository;
use crate::sample;

/// The same history, on disk and in memory.
struct Twins {
    _folder: tempfile::TempDir,
    disk: Repository,
    memory: Repository,
}

impl Twins {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk = Repository::create(folder.path().join("shop.git"), "main").unwrap();
        disk.import("main", &sample::folder()).unwrap();
        let memory = disk.in_memory().unwrap();
        Self {
            _folder: folder,
            disk,
            memory,
        }
    }

    /// What both say; they say the same.
    fn both<T: PartialEq + std::fmt::Debug>(&self, ask: impl Fn(&Repository) -> T) -> T {
        let (disk, memory) = (ask(&self.disk), ask(&self.memory));
        assert_eq!(disk, memory);
        disk
    }

    fn branch(&self, name: &str) -> Option<String> {
        self.both(|it| {
            let head = it.head("main").unwrap();
            let moved = it.move_ref(&format!("refs/heads/{name}"), &head, None);
            moved.is_ok().then_some(head)
        })
    }

    /// A commit on a branch; `None` where it is refused.
    fn commit(&self, branch: &str, files: &[(&str, &str)], gone: &[&str]) -> Option<String> {
        let changes = Changes {
            additions: files
                .iter()
                .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
                .collect(),
            deletions: gone.iter().map(|path| (*path).to_owned()).collect(),
        };
        let grace = Person::new("Grace Example", "grace@example.com");
        let at = "2026-03-06T14:30:00.5Z".parse().unwrap();
        self.both(|it| {
            let head = it.head(branch).unwrap();
            let message = "Change\n\nwhat there is";
            it.commit_on_branch(branch, &head, &changes, message, (&grace, &grace), at)
                .map_err(|refused| refused.to_string())
        })
        .ok()
    }

    /// Everything that can be read of two commits.
    fn compare(&self, base: &str, head: &str) {
        self.both(|it| it.commit(head));
        self.both(|it| it.tree(head, "", true));
        self.both(|it| it.tree(head, "", false));
        self.both(|it| it.tree(head, "src", false));
        self.both(|it| it.entry(head, "src"));
        self.both(|it| it.entry(head, "src/deep/er.js"));
        self.both(|it| it.file(head, "README.md"));
        self.both(|it| it.stats(base, head));
        self.both(|it| it.commits_between(base, head));
        self.both(|it| it.commits_between(head, base));
        self.both(|it| it.merge_base(base, head));
        self.both(|it| without_functions(&it.diff(base, head).unwrap()));
        self.both(|it| without_functions(&it.patch(base, head, sample::BUGGY_FILE)));
    }
}

/// git names the function that a hunk is in.
fn without_functions(diff: &str) -> String {
    let lines = diff.lines().map(|line| match line.rsplit_once(" @@") {
        Some((range, _)) if line.starts_with("@@ ") => format!("{range} @@\n"),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn a_repository_in_memory_has_the_objects_of_one_on_disk_under_the_same_ids() {
    let twins = Twins::new();
    let main = twins.both(|it| it.head("main")).unwrap();
    twins.compare(&main, &main);
    twins.branch("fix").unwrap();
    let fixed = crate::world::fixed_file();
    twins
        .commit("fix", &[(sample::BUGGY_FILE, &fixed)], &[])
        .unwrap();
    twins.compare("main", "fix");
    let more = [("src/deep/er.js", "// deeper\n"), ("src.txt", "beside\n")];
    twins.commit("fix", &more, &["index.html"]).unwrap();
    twins.compare("main", "fix");
    twins.both(Repository::branches);
    twins.both(|it| it.resolve("fix"));
    twins.both(|it| it.resolve("refs/heads/nowhere"));
    twins.both(|it| it.has_object(&main));
    twins.both(|it| it.has_object("0123456789012345678901234567890123456789"));
}

#[test]
fn what_git_refuses_is_refused_in_memory() {
    let twins = Twins::new();
    let head = twins.branch("fix").unwrap();
    assert_eq!(twins.branch("fix"), None, "it is there");
    assert_eq!(twins.branch("fix/deeper"), None, "it is below another");
    assert_eq!(twins.commit("fix", &[], &["nothing.js"]), None);
    assert_eq!(twins.commit("fix", &[("src", "a folder")], &[]), None);
    assert_eq!(twins.commit("fix", &[], &[]), None, "nothing changes");
    let deleted =
        |expected: &'static str| twins.both(|it| it.delete_ref("refs/heads/fix", expected).is_ok());
    assert!(!deleted("0123456789012345678901234567890123456789"));
    assert!(twins.both(|it| it.delete_ref("refs/heads/fix", &head).is_ok()));
    for name in [
        "refs/heads/fix",
        "refs/heads/a b",
        "refs/heads/.a",
        "refs/heads/a.lock",
        "refs/heads/a..b",
        "refs/heads/a/",
        "refs/heads//a",
        "refs/heads/a.",
        "refs/heads/@{a",
        "a",
        "refs/heads/~a",
        "refs/heads/ä",
        "refs/heads/a/.b",
        "refs/heads/a\\b",
    ] {
        twins.both(|it| it.is_ref_name(name));
    }
}

#[test]
fn branches_merge_unless_both_changed_the_same_file() {
    let twins = Twins::new();
    let at: jiff::Timestamp = "2026-03-07T00:00:00Z".parse().unwrap();
    twins.branch("one").unwrap();
    twins.branch("other").unwrap();
    twins.commit("one", &[("src/one.js", "// one\n")], &["README.md"]);
    twins.commit("other", &[("src/other.js", "// other\n")], &[]);
    let merged = twins.both(|it| {
        let (one, other) = (it.head("one").unwrap(), it.head("other").unwrap());
        it.trial_merge(&one, &other, at)
    });
    assert!(merged.is_some());
    twins.commit("other", &[("src/one.js", "// mine\n")], &[]);
    let merged = twins.both(|it| {
        let (one, other) = (it.head("one").unwrap(), it.head("other").unwrap());
        it.trial_merge(&one, &other, at)
    });
    assert_eq!(merged, None);
}
