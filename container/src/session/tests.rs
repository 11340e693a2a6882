use std::os::unix::fs::symlink;

use shared::id::RunId;

use crate::workspace::Workspace;

use super::*;

const ID: &str = "0a1b2c3d-0000-4000-8000-000000000000";

struct Place {
    data: tempfile::TempDir,
    sessions: Sessions,
    session: SessionId,
}

impl Place {
    fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let sessions = Sessions::open(data.path().join("sessions")).unwrap();
        let session = SessionId::parse(ID).unwrap();
        Self {
            data,
            sessions,
            session,
        }
    }

    fn workspace(&self, run: &str) -> Workspace {
        Workspace::create(self.data.path(), &RunId::new(run)).unwrap()
    }

    fn keep(&self, workspace: &Workspace) -> bool {
        self.sessions.keep(&self.session, workspace).unwrap()
    }
}

fn projects(workspace: &Workspace) -> PathBuf {
    let projects = workspace.home().join(".claude/projects");
    fs::create_dir_all(&projects).unwrap();
    projects
}

fn transcript(workspace: &Workspace) -> PathBuf {
    let project = projects(workspace).join(project_of(&workspace.work()));
    fs::create_dir_all(&project).unwrap();
    project.join(format!("{ID}.jsonl"))
}

#[test]
fn a_conversation_moves_to_the_directory_of_the_next_run() {
    let place = Place::new();
    let (first, second) = (place.workspace("job-1"), place.workspace("job-2"));
    let line = |workspace: &Workspace| format!("{{\"cwd\":\"{}\"}}\n", workspace.work().display());
    fs::write(transcript(&first), line(&first) + "{\"half").unwrap();
    assert!(place.keep(&first));
    assert!(place.sessions.restore(&place.session, &second).unwrap());
    assert_eq!(
        fs::read_to_string(transcript(&second)).unwrap(),
        line(&second)
    );
    place.sessions.remove(&place.session);
    assert!(
        !place
            .sessions
            .restore(&place.session, &place.workspace("job-3"))
            .unwrap()
    );
}

#[test]
fn no_link_of_an_agents_is_followed() {
    let place = Place::new();
    let secret = place.data.path().join("secret");
    fs::write(&secret, "secret\n").unwrap();
    let file = place.workspace("file");
    symlink(&secret, transcript(&file)).unwrap();
    assert!(!place.keep(&file));

    let elsewhere = place.data.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join(format!("{ID}.jsonl")), "secret\n").unwrap();
    let project = place.workspace("project");
    symlink(&elsewhere, projects(&project).join("project")).unwrap();
    assert!(!place.keep(&project));

    let above = place.workspace("above");
    fs::create_dir_all(elsewhere.join("projects/p")).unwrap();
    fs::write(elsewhere.join(format!("projects/p/{ID}.jsonl")), "secret\n").unwrap();
    symlink(&elsewhere, above.home().join(".claude")).unwrap();
    assert!(!place.keep(&above));
}

#[test]
fn only_a_regular_file_of_bounded_length_is_kept() {
    let place = Place::new();
    let none = place.workspace("none");
    assert!(!place.keep(&none));
    let empty = place.workspace("empty");
    fs::write(transcript(&empty), "half a line").unwrap();
    assert!(!place.keep(&empty));
    let long = place.workspace("long");
    let file = File::create(transcript(&long)).unwrap();
    file.set_len(MAX_BYTES + 1).unwrap();
    assert!(!place.keep(&long));
    let folder = place.workspace("folder");
    fs::create_dir(transcript(&folder)).unwrap();
    assert!(!place.keep(&folder));
}

#[test]
fn a_name_is_a_uuid_and_nothing_that_leads_elsewhere() {
    let random = SessionId::random().unwrap();
    assert_eq!(SessionId::parse(random.as_str()), Some(random.clone()));
    assert_ne!(SessionId::random().unwrap(), random);
    for bad in [
        "",
        "../../../etc/passwd",
        &ID[1..],
        &ID.to_uppercase(),
        &ID.replace('-', "/"),
    ] {
        assert_eq!(SessionId::parse(bad), None, "{bad}");
    }
}
