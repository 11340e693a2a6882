//! What differs between two captures.

use crate::capture::Capture;
use crate::path::FilePath;

/// A file that is not the same in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The file.
    pub path: FilePath,
    /// What became of it.
    pub kind: Kind,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only in the second.
    Added,
    /// Only in the first.
    Removed,
    /// Its content is another.
    Changed,
}

/// What differs, in the order of the paths.
pub fn diff(before: &Capture, after: &Capture) -> Vec<Difference> {
    let of = |path: &FilePath, kind| Difference {
        path: path.clone(),
        kind,
    };
    let gone_or_changed = before
        .files()
        .filter_map(|(path, bytes)| match after.get(path) {
            None => Some(of(path, Kind::Removed)),
            Some(now) if now != bytes => Some(of(path, Kind::Changed)),
            Some(_) => None,
        });
    let new = after.files().filter(|(path, _)| before.get(path).is_none());
    let mut all: Vec<_> = gone_or_changed
        .chain(new.map(|(path, _)| of(path, Kind::Added)))
        .collect();
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capture(files: &[(&str, &str)]) -> Capture {
        let file = |(path, text): &(&str, &str)| {
            let path = FilePath::parse(path.as_bytes()).unwrap();
            (path, Box::from(text.as_bytes()))
        };
        Capture::from_parts(files.iter().map(file).collect(), Vec::new())
    }

    #[test]
    fn every_file_that_differs_is_named_once() {
        let before = capture(&[("a", "1"), ("b", "1"), ("d", "1")]);
        let after = capture(&[("b", "2"), ("c", "1"), ("d", "1")]);
        let found: Vec<_> = diff(&before, &after)
            .into_iter()
            .map(|it| (it.path.to_string(), it.kind))
            .collect();
        let named = |path: &str, kind| (path.to_owned(), kind);
        assert_eq!(
            found,
            [
                named("a", Kind::Removed),
                named("b", Kind::Changed),
                named("c", Kind::Added)
            ]
        );
        assert_eq!(diff(&after, &after), []);
    }
}
