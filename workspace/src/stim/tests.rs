use proptest::prelude::*;

use super::*;
use crate::bundle::Starter;
use crate::capture::Capture;
use crate::path::FilePath;

fn bundle() -> Bundle {
    let path = FilePath::parse(b"src/cart.js").unwrap();
    let bytes = b"quantity".repeat(100).into_boxed_slice();
    let rootfs = Capture::from_parts([(path, bytes)].into(), Vec::new());
    Bundle::of(rootfs, Starter::Root)
}

fn open(bytes: &[u8], password: &[u8]) -> Result<Bundle, BadStim> {
    super::open(bytes, password, &Limits::default())
}

#[test]
fn the_password_opens_what_it_sealed_and_no_other_does() {
    let sealed = seal(&bundle(), b"correct horse").unwrap();
    assert_eq!(open(&sealed, b"correct horse").unwrap(), bundle());
    assert!(matches!(open(&sealed, b"battery"), Err(BadStim::Sealed)));
    assert!(!sealed.windows(8).any(|window| window == b"quantity"));
    assert_ne!(seal(&bundle(), b"correct horse").unwrap(), sealed);
    let header = header(&sealed).unwrap();
    assert_eq!((header.tim, header.version.as_str()), (true, "1.0"));
    assert_eq!(header.config_size, bundle().config.len() as u64);
}

/// Written by `golden.py`, which shares no code with this.
const GOLDEN: &[u8] = include_bytes!("golden.stim");
const GOLDEN_PASSWORD: &[u8] = "correct horse – bättery".as_bytes();

#[test]
fn the_format_is_the_one_that_others_read_and_write() {
    let opened = open(GOLDEN, GOLDEN_PASSWORD).unwrap();
    let config =
        r#"{"ociVersion":"1.0.2","hostname":"a config of more than one block of the mask"}"#;
    assert_eq!(opened.config, config.as_bytes());
    let path = FilePath::parse(b"src/cart.js").unwrap();
    let files: Vec<_> = opened.rootfs.files().collect();
    assert_eq!(files, [(&path, &b"quantity\n"[..])]);
    // Byte by byte, with the nonces that were chosen there.
    let nonces = [0, 100].map(|first| std::array::from_fn(|n| first + u8::try_from(n).unwrap()));
    let sealed = seal_with(&opened, GOLDEN_PASSWORD, nonces);
    assert!(sealed == GOLDEN, "other bytes than golden.py's");
}

#[test]
fn what_is_no_sealed_bundle_is_told_from_one_with_another_password() {
    let sealed = seal(&bundle(), b"pw").unwrap();
    let format = |bytes: &[u8]| match open(bytes, b"pw") {
        Err(BadStim::Format(why)) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(format(b""), "it begins otherwise");
    for (at, byte) in [(0, b's'), (4, 1), (4, 3)] {
        let mut other = sealed.clone();
        other[at] = byte;
        assert_eq!(format(&other), "it begins otherwise");
    }
    let with_header = |header: &[u8]| {
        let length = u32::try_from(header.len()).unwrap().to_be_bytes();
        [MAGIC, &length, header].concat()
    };
    // A length is believed only below the limit, and below that only with the bytes there.
    let claims = |length: usize| {
        let length = u32::try_from(length).unwrap().to_be_bytes();
        [MAGIC, &length].concat()
    };
    assert_eq!(
        format(&claims(MAX_HEADER_BYTES + 1)),
        "its header is too long"
    );
    assert_eq!(format(&claims(MAX_HEADER_BYTES)), "it is cut off");
    let padded = vec![b' '; MAX_HEADER_BYTES + 1];
    assert_eq!(format(&with_header(&padded)), "its header is too long");
    assert_eq!(format(&with_header(b"{}")), "its header cannot be read");

    let header = header(&sealed).unwrap();
    let old = serde_json::to_vec(&header).unwrap();
    let payload = &sealed[MAGIC.len() + 4 + old.len()..];
    let saying = |header: &Header| {
        let header = serde_json::to_vec(header).unwrap();
        [with_header(&header), payload.to_vec()].concat()
    };
    let mut other = header.clone();
    other.encryption_algorithm = "none".to_owned();
    assert_eq!(format(&saying(&other)), "it is of a kind that is not known");
    let mut other = header.clone();
    other.config_size += 1;
    assert_eq!(
        format(&saying(&other)),
        "its sizes are not what its header says"
    );
    assert_eq!(open(&saying(&header), b"pw").unwrap(), bundle());
}

#[test]
fn what_is_inside_is_not_trusted_for_being_sealed() {
    let link = {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        tar.append_link(&mut header, "out", "/etc/passwd").unwrap();
        tar.into_inner().unwrap()
    };
    let mut sealed = MAGIC.to_vec();
    let header = Header {
        config_size: 2,
        rootfs_size: link.len() as u64,
        encryption_algorithm: ALGORITHM.to_owned(),
        tim: true,
        version: VERSION.to_owned(),
    };
    let header = serde_json::to_vec(&header).unwrap();
    put_length(&mut sealed, header.len());
    sealed.extend(header);
    let config = encrypt(&key(b"pw"), [1; 24], b"{}");
    put_length(&mut sealed, config.len());
    sealed.extend(config);
    sealed.extend(encrypt(&key(b"pw"), [2; 24], &link));
    let inside = open(&sealed, b"pw").unwrap_err();
    assert!(
        matches!(inside, BadStim::Inside(BadSnapshot::NotAFile(_))),
        "{inside}"
    );
}

#[test]
fn half_of_it_does_not_open() {
    let sealed = seal(&bundle(), b"pw").unwrap();
    for end in 0..sealed.len() {
        open(&sealed[..end], b"pw").unwrap_err();
    }
}

fn captures() -> impl Strategy<Value = Capture> {
    let name = proptest::collection::vec(1..=255_u8, 1..40)
        .prop_filter_map("no path", |bytes| FilePath::parse(&bytes).ok());
    let bytes = proptest::collection::vec(any::<u8>(), 0..700).prop_map(Vec::into_boxed_slice);
    let files = proptest::collection::btree_map(name, bytes, 0..6);
    files.prop_filter_map("a file above a file", |files| {
        let capture = Capture::from_parts(files, Vec::new());
        snapshot::read(snapshot::to_bytes(&capture).as_slice(), &Limits::default()).ok()
    })
}

proptest! {
    #[test]
    fn whatever_is_sealed_is_what_is_opened(
        rootfs in captures(),
        config in proptest::collection::vec(any::<u8>(), 0..200),
        password in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let bundle = Bundle { config, rootfs };
        let sealed = seal(&bundle, &password).unwrap();
        prop_assert_eq!(open(&sealed, &password).unwrap(), bundle);
        let other = [&password[..], b"x"].concat();
        prop_assert!(matches!(open(&sealed, &other), Err(BadStim::Sealed)));
    }

    #[test]
    fn no_change_goes_unseen(at in 0..2000_usize, bit in 0..8_u8) {
        let mut sealed = seal_with(&bundle(), b"pw", [[1; 24], [2; 24]]);
        let at = at % sealed.len();
        sealed[at] ^= 1 << bit;
        match open(&sealed, b"pw") {
            Err(_) => {}
            // The header is not sealed: only what is inside is.
            Ok(opened) => prop_assert_eq!(opened, bundle()),
        }
    }

    #[test]
    fn bytes_of_anybody_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = open(&bytes, b"pw");
        let _ = open(&[MAGIC, &bytes].concat(), b"pw");
    }
}
