//! TIM bundles (`workspace::bundle`): the bytes are a tar.
//!
//! Held: a bundle is a snapshot with a configuration, and no more; written again it is the same bytes
//! always, and reads as the same bundle.

use workspace::bundle::{BadBundle, Bundle};
use workspace::{Limits, snapshot};

use crate::snapshot::{LIMITS, is_within_limits};

pub(crate) fn check(bytes: &[u8]) {
    let tar = snapshot::read(bytes, &LIMITS);
    let bundle = match Bundle::read(bytes, &LIMITS) {
        Ok(bundle) => bundle,
        Err(BadBundle::Tar(_)) => {
            let is_tar = tar.is_ok_and(|tar| {
                tar.files()
                    .all(|(path, _)| !path.as_bytes().starts_with(b"rootfs/"))
            });
            assert!(!is_tar, "it is a snapshot");
            return;
        }
        Err(bad) => {
            assert!(tar.is_ok(), "it is no snapshot either");
            assert!(!bad.to_string().contains('\n'));
            return;
        }
    };
    let tar = tar.expect("a bundle is a snapshot");
    is_within_limits(&bundle.rootfs);
    assert_eq!(
        tar.len(),
        bundle.rootfs.len() + 1,
        "something of it is lost"
    );
    assert_eq!(
        tar.bytes(),
        bundle.rootfs.bytes() + bundle.config.len() as u64
    );

    let written = bundle.to_bytes();
    let again = Bundle::read(written.as_slice(), &Limits::default());
    let again = again.expect("what is written can be read");
    assert_eq!(again, bundle);
    assert_eq!(again.to_bytes(), written);
}
