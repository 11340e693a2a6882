//! What our forms say.

use crate::command::catalogue::{OptionName, Verb};
use crate::command::form::Form;
use crate::discord::modal::{Input, InputStyle, Modal};

/// A form as Discord shows it.
pub fn form(form: &Form) -> Modal {
    let title = match form {
        Form::Steer { .. } => "Steer the running fix",
        Form::Describe {
            verb: Verb::Fix, ..
        } => "What is to be fixed?",
        Form::Describe { .. } => "What is the bug?",
    };
    let empty = Modal::new(form.custom_id(), title);
    form.inputs()
        .iter()
        .fold(empty, |modal, (option, required)| {
            modal.with_input(input(*option, *required))
        })
}

fn input(option: OptionName, is_required: bool) -> Input<'static> {
    let (label, placeholder) = match option {
        OptionName::Text => (
            "Further instructions",
            "Keep the old button, and add a test.",
        ),
        OptionName::Description => (
            "What is wrong?",
            "What you did, what you expected, and what happened instead",
        ),
        OptionName::Email => ("Who saw it?", option.example()),
        OptionName::Session => ("In which PostHog recording?", option.example()),
        OptionName::Issue
        | OptionName::Repo
        | OptionName::Budget
        | OptionName::Job
        | OptionName::Target => (option.name(), option.example()),
    };
    let is_text = matches!(option, OptionName::Text | OptionName::Description);
    Input {
        name: option.name(),
        label,
        description: (!is_text).then(|| option.description()),
        placeholder: Some(placeholder),
        style: if is_text {
            InputStyle::Paragraph
        } else {
            InputStyle::Short
        },
        is_required,
        max_chars: option.max_chars(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms() {
        let describe = Form::Describe {
            verb: Verb::Contextualize,
            repo: None,
        };
        let shown = |asked: &Form| serde_json::to_string_pretty(&form(asked)).unwrap();
        insta::assert_snapshot!(shown(&Form::Steer { job: None }), @r#"
        {
          "custom_id": "f1:steer",
          "title": "Steer the running fix",
          "components": [
            {
              "type": 18,
              "label": "Further instructions",
              "component": {
                "type": 4,
                "custom_id": "text",
                "style": 2,
                "required": true,
                "max_length": 2000,
                "placeholder": "Keep the old button, and add a test."
              }
            }
          ]
        }
        "#);
        insta::assert_snapshot!(shown(&describe), @r#"
        {
          "custom_id": "f1:contextualize",
          "title": "What is the bug?",
          "components": [
            {
              "type": 18,
              "label": "What is wrong?",
              "component": {
                "type": 4,
                "custom_id": "description",
                "style": 2,
                "required": true,
                "max_length": 4000,
                "placeholder": "What you did, what you expected, and what happened instead"
              }
            },
            {
              "type": 18,
              "label": "Who saw it?",
              "description": "E-mail of the person who saw the bug",
              "component": {
                "type": 4,
                "custom_id": "email",
                "style": 1,
                "required": false,
                "max_length": 254,
                "placeholder": "ann@example.com"
              }
            },
            {
              "type": 18,
              "label": "In which PostHog recording?",
              "description": "PostHog recording: its address or session id",
              "component": {
                "type": 4,
                "custom_id": "session",
                "style": 1,
                "required": false,
                "max_length": 500,
                "placeholder": "0190b1c2-7d3e-7f00-8a1b-2c3d4e5f6071"
              }
            }
          ]
        }
        "#);
    }
}
