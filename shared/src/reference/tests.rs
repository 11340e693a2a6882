//! Properties of finding: no text breaks it, what is rendered is found, and texts put side by side
//! yield what each of them does.

use proptest::prelude::*;

use super::*;

const UUID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
const PROJECT: &str = "https://(us|eu|app)\\.posthog\\.com(/project/[1-9][0-9]{0,5})?";

fn matching(pattern: &str) -> impl Strategy<Value = String> + use<> {
    proptest::string::string_regex(pattern).unwrap()
}

/// Texts that name something, in every form there is.
fn named() -> impl Strategy<Value = String> {
    prop_oneof![
        "https://linear\\.app/[a-z]{1,9}/issue/[A-Za-z]{2,5}-[1-9][0-9]{0,4}(/[a-z0-9-]{0,9})?",
        "ENG-[1-9][0-9]{0,5}",
        "https://github\\.com/[a-z0-9]{1,9}x/[A-Za-z0-9._-]{0,9}w",
        "https://github\\.com/[a-z0-9]{1,9}x/w/(issues|pull)/[1-9][0-9]{0,6}",
        "https://github\\.com/[a-z0-9]{1,9}x/w/(blob|tree)/[a-z%0-9A-F]{0,2}v[0-9.]{0,3}1/[a-z]{1,9}(/[a-z ()]{1,9}x)?(#L[1-9]{1,3}(-L[1-9]{1,3})?)?"
            .prop_map(|address| address.replace('%', "").replace(' ', "%20").replace(['(', ')'], "%28")),
        matching(&format!("{PROJECT}/replay/{UUID}(\\?t=[0-9]{{1,4}})?")),
        matching(&format!("{PROJECT}/person/[a-z0-9%]{{0,3}}[a-z0-9._~-]{{0,9}}x")).prop_map(|address| address.replace('%', "%2F")),
        matching(&format!("{PROJECT}/persons/{UUID}")),
        matching(&format!("session: {UUID}")),
        matching(UUID),
        "[a-z][a-z0-9+_-]{0,8}(\\.[a-z]{1,5})?x@[a-z]{1,9}(\\.[a-z]{2,5}x)?\\.(com|org|museum)",
        "https://(ptb\\.|canary\\.)?discord(app)?\\.com/channels/(@me|[1-9][0-9]{17})/[1-9][0-9]{17}/[1-9][0-9]{17}",
    ]
}

/// Text made of what scanners stumble over.
fn hostile() -> impl Strategy<Value = String> {
    r"(?s)([ \n@:/.#-]|https://|://|github\.com/|linear\.app/a/issue/|ENG-1|session: |```|\(|\)|\[|\]|<|>|%[0-9a-f]{2}|[a-z]{1,3}|.){0,80}"
}

fn scope() -> Scope {
    Scope::of_teams(["ENG"])
}

fn only(text: &str) -> Found {
    let found = find(text, &scope());
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    found.into_iter().next().unwrap()
}

#[test]
fn what_a_sentence_could_end_with_is_rendered_as_no_such_end() {
    let scope = scope().with_posthog("https://posthog.example");
    for name in ["ann.", "ann~", "ann_", "ann-", "a", "._~"] {
        let text = format!("https://posthog.example/person/{name}?x=1");
        let found = find(&text, &scope);
        let rendered = found[0].reference.to_string();
        let again = find(&format!("{rendered}."), &scope);
        assert_eq!(again[0].reference, found[0].reference, "{rendered}");
    }
    for name in ["shop.", "shop_", "shop-", "s"] {
        let found = find(&format!("https://github.com/acme/{name}/issues"), &scope);
        let rendered = found[0].reference.to_string();
        let again = find(&format!("{rendered}."), &scope);
        assert_eq!(again[0].reference, found[0].reference, "{rendered}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_spans_are_in_order(text in hostile()) {
        let mut end = 0;
        for found in find(&text, &scope()) {
            prop_assert!(found.span.start >= end && text.get(found.span.clone()).is_some());
            end = found.span.end;
        }
        for parsed in [
            parse_issue_ref(&text, &scope()).err(),
            parse_repo_ref(&text).err(),
            parse_session_ref(&text, &scope()).err(),
            parse_email(&text).err(),
        ] {
            prop_assert!(parsed.is_none_or(|error| !error.user_message().is_empty()));
        }
    }

    #[test]
    fn what_is_found_is_found_again_when_rendered(text in named()) {
        let first = only(&text).reference;
        prop_assert_eq!(only(&first.to_string()).reference, first);
    }

    #[test]
    fn whatever_is_found_in_hostile_text_is_found_again(text in hostile()) {
        for found in find(&text, &scope()) {
            let rendered = found.reference.to_string();
            let again = find(&rendered, &scope());
            prop_assert_eq!(again.len(), 1, "{}", rendered);
            prop_assert_eq!(&again[0].reference, &found.reference);
        }
    }

    #[test]
    fn what_stands_around_it_does_not_matter(
        text in named(),
        before in prop::sample::select(vec!["", "see ", "(", "<", "[x](", "**", "_", "||", "\"", "“", "'", "日本 ", "> ", "- "]),
        after in prop::sample::select(vec!["", ".", ",", ")", ">", "**", "_", "||", "\"", "”", "'", "…", "!", "?", ";", ":", " next", "\n", "。"]),
    ) {
        let inside = only(&format!("{before}{text}{after}"));
        prop_assert_eq!(inside.reference, only(&text).reference);
        prop_assert_eq!(inside.span.start, before.len() + only(&text).span.start);
    }

    #[test]
    fn texts_on_their_own_lines_yield_what_each_does(texts in prop::collection::vec(prop_oneof![named(), hostile()], 0..6)) {
        // Three backticks in one text would open a block that ends in another.
        let texts: Vec<String> = texts.iter().map(|text| text.replace("``", "")).collect();
        let together: Vec<Reference> = find(&texts.join("\n"), &scope()).into_iter().map(|found| found.reference).collect();
        let apart: Vec<Reference> =
            texts.iter().flat_map(|text| find(text, &scope())).map(|found| found.reference).collect();
        prop_assert_eq!(together, apart);
    }

    #[test]
    fn the_case_of_scheme_host_and_key_does_not_matter(key in "ENG-[1-9]{1,4}") {
        let lower = format!("https://linear.app/acme/issue/{}", key.to_lowercase());
        let upper = format!("HTTPS://LINEAR.APP/acme/issue/{key}");
        prop_assert_eq!(only(&lower).reference, only(&upper).reference);
        prop_assert_eq!(only(&key.to_lowercase()).reference, only(&key).reference);
    }
}
