//! The UUIDs under which we create things at Linear.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::id::{CommentId, IssueUuid, JobId, ThreadId};

/// The UUID of what `namespace` calls `key`: always the same for the same two, and different for
/// any others. It has the form of a version 4 (random) UUID, which Linear asks for.
pub fn uuid_of(namespace: &str, key: &str) -> Uuid {
    let mut hash = Sha256::new();
    // The length keeps ("ab", "c") apart from ("a", "bc").
    hash.update((namespace.len() as u64).to_be_bytes());
    hash.update(namespace);
    hash.update(key);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// The issue of a conversation. `attempt` is 0, and grows when a person asks for another issue in
/// a conversation whose first one is gone.
pub fn issue_of(thread: &ThreadId, attempt: u32) -> IssueUuid {
    IssueUuid::new(uuid_of("bugbot/issue", &format!("{thread}/{attempt}")).to_string())
}

/// A comment of a job; `which` tells several comments of one job apart.
pub fn comment_of(job: &JobId, which: &str) -> CommentId {
    CommentId::new(uuid_of("bugbot/comment", &format!("{job}/{which}")).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uuid_of_a_conversation_never_changes() {
        // Stored in Linear: a change here would create second issues.
        let issue = issue_of(&ThreadId::new("1100"), 0);
        insta::assert_snapshot!(issue, @"eee745bd-d3e2-4f1a-9224-2bff8869eb56");
        let comment = comment_of(&JobId::new("900"), "context");
        insta::assert_snapshot!(comment, @"56fca048-ab00-4244-9a70-a36f3dc4bad4");
    }

    #[test]
    fn it_is_a_version_4_uuid_and_differs_by_each_part() {
        let uuid = uuid_of("a", "b");
        assert_eq!(uuid.get_version_num(), 4);
        assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
        assert_ne!(uuid_of("ab", "c"), uuid_of("a", "bc"));
        assert_ne!(
            issue_of(&ThreadId::new("1"), 0),
            issue_of(&ThreadId::new("1"), 1)
        );
    }
}
