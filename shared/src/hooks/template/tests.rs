use proptest::prelude::*;
use serde_json::json;

use super::*;

fn lenient(template: &str, fields: &Value) -> String {
    let template = Template::parse(template).unwrap();
    template.render(fields, Missing::Lenient, 1 << 20).unwrap()
}

fn refusal(template: &str) -> String {
    Template::parse(template).unwrap_err().to_string()
}

#[test]
fn values_are_written_as_they_came() {
    let fields = json!({
        "text": "a \"b\" <c>", "int": 9_007_199_254_740_993_i64, "float": 1.50, "yes": true,
        "list": [1, "x", null], "object": {"b": 1, "a": {}}, "empty": "", "nothing": null,
    });
    let shown = [
        ("{{ .text }}", "a \"b\" <c>"),
        ("{{.text}}", "a \"b\" <c>"),
        ("{{ .int }}", "9007199254740993"),
        ("{{ .float }}", "1.5"),
        ("{{ .yes }}", "true"),
        ("{{ .list }}", "[1,\"x\",null]"),
        ("{{ .object.a }}", "{}"),
        ("[{{ .empty }}{{ .nothing }}{{ .absent }}]", "[]"),
        ("{{ .text | json }}", r#""a \"b\" <c>""#),
        ("{{ json .yes }}", "true"),
    ];
    for (template, expected) in shown {
        assert_eq!(lenient(template, &fields), expected, "{template}");
    }
    assert_eq!(lenient("{{ . }}", &json!({"a": 1})), r#"{"a":1}"#);
}

#[test]
fn fields_are_found_however_deep() {
    let fields = json!({"a": {"b": [{"c": "deep"}, [7]], "x-id": "dashed", "0": "zero"}});
    let shown = [
        ("{{ .a.b.0.c }}", "deep"),
        ("{{ .a.b.1.0 }}", "7"),
        ("{{ index .a.b 0 \"c\" }}", "deep"),
        ("{{ index .a \"x-id\" }}", "dashed"),
        ("{{ index . \"a\" \"x-id\" }}", "dashed"),
        ("{{ .a.0 }}", "zero"),
        ("{{ .a.b.9 }}{{ .a.b.c }}{{ .a.b.0.c.d }}", ""),
    ];
    for (template, expected) in shown {
        assert_eq!(lenient(template, &fields), expected, "{template}");
    }
}

#[test]
fn a_default_fills_in_for_what_is_missing_or_empty_but_not_for_zero() {
    let fields = json!({"empty": "", "null": null, "zero": 0, "no": false, "b": "B", "list": []});
    let shown = [
        ("{{ .absent | default \"x\" }}", "x"),
        ("{{ default \"x\" .absent }}", "x"),
        (
            "{{ .null | default \"x\" }}{{ .empty | default \"y\" }}",
            "xy",
        ),
        (
            "{{ .zero | default 5 }}{{ .no | default true }}{{ .list | default 1 }}",
            "0false[]",
        ),
        ("{{ .a.b.c | default .b }}", "B"),
        ("{{ .absent | default .null | default -1.5 }}", "-1.5"),
        ("{{ .absent | default `a\\n` | json }}", r#""a\\n""#),
        ("{{ .absent | default \"\" }}", ""),
    ];
    for (template, expected) in shown {
        assert_eq!(lenient(template, &fields), expected, "{template}");
        // A default is as good as the field.
        let strict = Template::parse(template).unwrap();
        assert_eq!(
            strict.render(&fields, Missing::Strict, 99).unwrap(),
            expected
        );
    }
}

#[test]
fn a_strict_template_names_the_field_that_is_missing_and_where() {
    let strict = |template: &str, fields: Value| {
        let template = Template::parse(template).unwrap();
        let error = template.render(&fields, Missing::Strict, 1 << 20);
        error.unwrap_err().to_string()
    };
    assert_eq!(
        strict("one\ntwo {{ .a.b }}", json!({"a": {}})),
        "line 2, column 8: there is no field .a.b"
    );
    assert_eq!(
        strict("{{ .a | default .b }}", json!({})),
        "line 1, column 4: there is no field .b"
    );
    assert_eq!(
        strict("{{ .a }}", json!({"a": null})),
        "line 1, column 4: there is no field .a"
    );
}

#[test]
fn white_space_comments_and_braces_are_as_in_go() {
    let fields = json!({"a": "A"});
    let shown = [
        ("x \n {{- .a -}} \n y", "xAy"),
        ("x {{- .a }} y", "xA y"),
        ("x {{/* why }} not */}} y", "x  y"),
        ("x {{- /* why */ -}} y", "xy"),
        ("{{ \"{{\" }} .a {{ `}}` }}", "{{ .a }}"),
        ("{{ \"a\\\"\\\\\\n\\t\" }}", "a\"\\\n\t"),
        ("{ {a} } }}", "{ {a} } }}"),
        ("", ""),
        ("{{\n  .a\n}}", "A"),
    ];
    for (template, expected) in shown {
        assert_eq!(lenient(template, &fields), expected, "{template}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    insta::assert_snapshot!(refusal("a\n  {{ .b"), @"line 2, column 3: this has no closing }}");
    insta::assert_snapshot!(refusal("{{ /* x }}"), @"line 1, column 1: this comment has no closing */}}");
    insta::assert_snapshot!(refusal("{{ .a | default \"x }}"), @"line 1, column 17: this text has no closing quote");
    insta::assert_snapshot!(refusal("{{ .a | default `x }}"), @"line 1, column 17: this text has no closing quote");
    insta::assert_snapshot!(refusal(r#"{{ "é\q" }}"#), @r#"line 1, column 6: \q is no escape: there are \" \\ \n \r \t"#);
    insta::assert_snapshot!(refusal("é {{ }}"), @"line 1, column 3: there is nothing in it");
    insta::assert_snapshot!(refusal("{{ .a$ }}"), @"line 1, column 6: '$' cannot stand here");
    insta::assert_snapshot!(refusal("{{ .a-b }}"), @"line 1, column 6: '-' cannot stand here");
    insta::assert_snapshot!(refusal("{{ .a. }}"), @"line 1, column 7: the name of a field is wanted here");
    insta::assert_snapshot!(refusal("{{ if .a }}x{{ end }}"), @r#"line 1, column 4: "if" is not known: there are fields (.a.b), texts, default, index and json"#);
    insta::assert_snapshot!(refusal("{{ .a | upper }}"), @r#"line 1, column 9: "upper" is not known: there are fields (.a.b), texts, default, index and json"#);
    insta::assert_snapshot!(refusal("{{ .a .b }}"), @"line 1, column 7: there is more here than a field takes");
    insta::assert_snapshot!(refusal("{{ .a | }}"), @"line 1, column 4: default or json is wanted here");
    insta::assert_snapshot!(refusal("{{ | default 1 }}"), @"line 1, column 1: a field is wanted here");
    insta::assert_snapshot!(refusal("{{ default \"x\" }}"), @"line 1, column 12: the field is wanted here");
    insta::assert_snapshot!(refusal("{{ .a | default }}"), @"line 1, column 9: a text or a field to fall back on is wanted here");
    insta::assert_snapshot!(refusal("{{ index \"x\" 1 }}"), @"line 1, column 10: a field is wanted here");
    insta::assert_snapshot!(refusal(&" ".repeat(MAX_TEMPLATE_BYTES + 1)), @"line 1, column 1: the template is longer than 65536 bytes");
}

#[test]
fn a_result_has_a_limit() {
    let template = Template::parse("{{ .a }}{{ .a }}").unwrap();
    let fields = json!({"a": "12345"});
    assert_eq!(
        template.render(&fields, Missing::Strict, 10).unwrap().len(),
        10
    );
    assert_eq!(
        template.render(&fields, Missing::Strict, 9),
        Err(RenderError::TooLong { limit: 9 })
    );
}

/// Every stage doubles the backslashes of the one before.
#[test]
fn json_of_json_of_json_ends_at_the_limit() {
    let stages = " | json".repeat(64);
    let template = Template::parse(&format!("{{{{ .a{stages} | default .b }}}}")).unwrap();
    let fields = json!({"a": "\"", "b": "B"});
    let limit = 1 << 16;
    assert_eq!(
        template.render(&fields, Missing::Lenient, limit),
        Err(RenderError::TooLong { limit })
    );
    let missing = json!({"b": "B"});
    let rendered = template.render(&missing, Missing::Lenient, limit);
    assert_eq!(rendered.as_deref(), Ok("B"));
}

proptest! {
    #[test]
    fn any_text_parses_or_says_where_it_does_not(text in r#"([{}. |"`\n\-/*é]|\{\{|\}\}|\.a|default|json|index|0){0,30}"#) {
        match Template::parse(&text) {
            Ok(template) => {
                let _ = template.render(&json!({"a": [1]}), Missing::Strict, 1000);
            }
            Err(bad) => prop_assert!(bad.at.line >= 1 && bad.at.line <= text.matches('\n').count() + 1),
        }
    }

    #[test]
    fn text_without_braces_is_itself(text in "[^{]{0,100}") {
        prop_assert_eq!(lenient(&text, &json!({})), text);
    }

    #[test]
    fn what_a_field_holds_is_never_read_as_a_template(value in any::<String>()) {
        prop_assert_eq!(lenient("<{{ .a }}>", &json!({"a": value.clone()})), format!("<{value}>"));
    }
}
