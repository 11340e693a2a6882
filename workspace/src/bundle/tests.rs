use tar::Archive;

use super::*;

fn capture(names: &[&str]) -> Capture {
    let file = |name: &&str| {
        let path = FilePath::parse(name.as_bytes()).unwrap();
        (path, Box::from(name.as_bytes()))
    };
    Capture::from_parts(names.iter().map(file).collect(), Vec::new())
}

#[test]
fn a_bundle_is_a_configuration_and_a_root() {
    let bundle = Bundle::of(capture(&["src/cart.js", &"l".repeat(120)]), Starter::Root);
    let bytes = bundle.to_bytes();
    assert_eq!(bytes, bundle.to_bytes());
    let mut archive = Archive::new(bytes.as_slice());
    let entries = archive.entries().unwrap().map(|entry| {
        let entry = entry.unwrap();
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        (name, entry.header().mode().unwrap())
    });
    let long = format!("rootfs/{}", "l".repeat(120));
    let expected = [
        ("config.json".to_owned(), 0o600),
        ("rootfs/".to_owned(), 0o755),
        (long, 0o600),
        ("rootfs/src/cart.js".to_owned(), 0o600),
    ];
    assert_eq!(entries.collect::<Vec<_>>(), expected);
    assert_eq!(
        Bundle::read(bytes.as_slice(), &Limits::default()).unwrap(),
        bundle
    );
}

/// What `runc spec` and `runc spec --rootless` write is the measure; `cli/tests` runs one where there
/// is a runtime.
#[test]
fn the_configuration_is_what_a_runtime_takes() {
    let config = |starter| {
        let config = Bundle::of(Capture::default(), starter).config;
        serde_json::from_slice::<Value>(&config).unwrap()
    };
    let root = config(Starter::Root);
    for required in ["ociVersion", "process", "root", "mounts", "linux"] {
        assert!(!root[required].is_null(), "{required}");
    }
    assert_eq!(root["process"]["args"], json!(["/bin/sh"]));
    assert!(root["process"]["cwd"].as_str().unwrap().starts_with('/'));
    assert_eq!(root["root"], json!({"path": "rootfs", "readonly": true}));
    assert_eq!(root["process"]["noNewPrivileges"], true);
    let sets = root["process"]["capabilities"].as_object().unwrap();
    assert!(sets.len() == 4 && sets.values().all(|set| set == &json!([])));
    let kinds = |config: &Value| {
        let all = config["linux"]["namespaces"].as_array().unwrap();
        let kind = |it: &Value| it["type"].as_str().unwrap().to_owned();
        all.iter().map(kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&root), ["pid", "network", "ipc", "uts", "mount"]);
    assert!(root["linux"]["uidMappings"].is_null());

    // Without root: a namespace of users, in which whoever starts it is root and nobody else is.
    let user = config(Starter::User {
        uid: 1000,
        gid: 100,
    });
    assert_eq!(kinds(&user).pop().as_deref(), Some("user"));
    let mapped = |id: u32| json!([{"containerID": 0, "hostID": id, "size": 1}]);
    assert_eq!(user["linux"]["uidMappings"], mapped(1000));
    assert_eq!(user["linux"]["gidMappings"], mapped(100));
    // Mounts that take a second id or a capability are refused there.
    let mounts = user["mounts"].as_array().unwrap();
    assert!(
        mounts
            .iter()
            .all(|it| it["type"] != "sysfs" && it["type"] != "devpts")
    );
}

#[test]
fn a_tar_that_is_something_else_is_no_bundle() {
    let read = |names: &[&str]| {
        Bundle::read(
            snapshot::to_bytes(&capture(names)).as_slice(),
            &Limits::default(),
        )
    };
    assert!(matches!(read(&["rootfs/a"]), Err(BadBundle::NoConfig)));
    assert!(matches!(
        read(&["config.json", "rootfs"]),
        Err(BadBundle::Stray(_))
    ));
    assert!(matches!(
        read(&["config.json", "x"]),
        Err(BadBundle::Stray(_))
    ));
    assert_eq!(
        read(&["config.json", "rootfs/a"]).unwrap().rootfs,
        capture(&["a"]).renamed()
    );
}

impl Capture {
    /// The capture of `a` with the bytes that it has below `rootfs`.
    fn renamed(self) -> Self {
        let files = self.files().map(|(path, _)| {
            let bytes = [ROOTFS, path.as_bytes()].concat().into_boxed_slice();
            (path.clone(), bytes)
        });
        Self::from_parts(files.collect(), Vec::new())
    }
}
