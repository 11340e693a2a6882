//! Text files beside a message, and the multipart body that carries them.

use sha2::{Digest, Sha256};

/// The most files in a message.
pub const MAX_ATTACHMENTS: usize = 10;
/// The most bytes of one file. Discord takes 10 MiB a request from a bot; ten files of ours and
/// the JSON beside them stay below.
pub const MAX_ATTACHMENT_BYTES: usize = 1_000_000;

const MAX_NAME_BYTES: usize = 80;
const CUT: &str = "\n[cut: the file was longer]\n";

/// A text file to send along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    name: String,
    text: String,
}

impl Attachment {
    /// A UTF-8 text file. What is not a letter, digit, `.`, `_` or `-` of the name becomes `_`;
    /// a text over [`MAX_ATTACHMENT_BYTES`] is cut, and its last line says so.
    pub fn text(name: &str, text: impl Into<String>) -> Self {
        let mut name: String = name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || "._-".contains(c) {
                    c
                } else {
                    '_'
                }
            })
            .take(MAX_NAME_BYTES)
            .collect();
        if name.trim_matches('.').is_empty() {
            "file.txt".clone_into(&mut name);
        }
        let mut text = text.into();
        if text.len() > MAX_ATTACHMENT_BYTES {
            text.truncate(text.floor_char_boundary(MAX_ATTACHMENT_BYTES - CUT.len()));
            text.push_str(CUT);
        }
        Self { name, text }
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file's text.
    pub fn contents(&self) -> &str {
        &self.text
    }
}

/// A `multipart/form-data` body of `json` as `payload_json` and each file as `files[n]`, with its
/// content type.
/// <https://docs.discord.com/developers/reference#uploading-files>
pub(in crate::discord) fn multipart(json: &[u8], files: &[Attachment]) -> (String, Vec<u8>) {
    // A boundary that does not occur in what it separates: nobody can write the hash of a text
    // into that text.
    let mut hash = Sha256::new();
    hash.update(json);
    for file in files {
        hash.update(&file.text);
    }
    let boundary = format!("bugbot-{}", hex::encode(&hash.finalize()[..16]));

    let mut body = Vec::new();
    let mut part = |disposition: &str, content_type: &str, content: &[u8]| {
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\
             Content-Type: {content_type}\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    };
    part("name=\"payload_json\"", "application/json", json);
    for (id, file) in files.iter().enumerate() {
        let disposition = format!("name=\"files[{id}]\"; filename=\"{}\"", file.name);
        part(
            &disposition,
            "text/plain; charset=utf-8",
            file.text.as_bytes(),
        );
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_break_the_multipart_header() {
        let file = Attachment::text("a\"\r\nX: y/../b.log", "");
        assert_eq!(file.name(), "a___X__y_.._b.log");
        assert_eq!(Attachment::text("..", "").name(), "file.txt");
        assert_eq!(Attachment::text("", "").name(), "file.txt");
    }

    #[test]
    fn a_file_that_is_too_long_says_that_it_was_cut() {
        let file = Attachment::text("long.log", "é".repeat(MAX_ATTACHMENT_BYTES));
        assert!(file.contents().len() <= MAX_ATTACHMENT_BYTES);
        assert!(file.contents().ends_with(CUT));
    }

    #[test]
    fn json_and_files_are_parts_of_one_body() {
        let files = [
            Attachment::text("a.log", "one"),
            Attachment::text("b.log", "two"),
        ];
        let (content_type, body) = multipart(b"{}", &files);
        insta::assert_snapshot!(content_type, @"multipart/form-data; boundary=bugbot-9554aca7be6949052496a79f8bb0c9c8");
        insta::assert_snapshot!(String::from_utf8(body).unwrap().replace('\r', ""), @r#"
        --bugbot-9554aca7be6949052496a79f8bb0c9c8
        Content-Disposition: form-data; name="payload_json"
        Content-Type: application/json

        {}
        --bugbot-9554aca7be6949052496a79f8bb0c9c8
        Content-Disposition: form-data; name="files[0]"; filename="a.log"
        Content-Type: text/plain; charset=utf-8

        one
        --bugbot-9554aca7be6949052496a79f8bb0c9c8
        Content-Disposition: form-data; name="files[1]"; filename="b.log"
        Content-Type: text/plain; charset=utf-8

        two
        --bugbot-9554aca7be6949052496a79f8bb0c9c8--
        "#);
    }
}
