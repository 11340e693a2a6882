//! A scenario as Rust that plays it.

use std::fmt;

use super::{Op, Scenario};

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.runs.iter().map(|run| format!("Run::{run:?}"));
        let runs = runs.collect::<Vec<_>>().join(", ");
        writeln!(f, "Scenario::of(\n    &[{runs}],\n    &[")?;
        for op in &self.ops {
            writeln!(f, "        {op},")?;
        }
        f.write_str("    ],\n)")?;
        if self.rules.is_empty() {
            return Ok(());
        }
        let rules = self.rules.iter().map(|rule| format!("Rule::{rule:?}"));
        write!(f, ".under(&[{}])", rules.collect::<Vec<_>>().join(", "))
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Give(thread, verb) => write!(f, "Op::Give({thread}, Verb::{verb:?})"),
            Self::Strike(nth, hit) => write!(f, "Op::Strike({nth}, Hit::{hit:?})"),
            Self::Away(service, time) => write!(f, "Op::Away(Service::{service:?}, {time})"),
            Self::GitHub(nth, what, how) => {
                write!(
                    f,
                    "Op::GitHub({nth}, Happening::{what:?}, Telling::{how:?})"
                )
            }
            Self::CallModel(tokens, how) => {
                write!(f, "Op::CallModel({tokens}, Answered::{how:?})")
            }
            plain => write!(f, "Op::{plain:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::simulation::{Answered, Happening, Hit, Rule, Run, Telling, Verb};
    use crate::world::Service;

    use super::*;

    /// A scenario, and how it is written here.
    macro_rules! written {
        ($($code:tt)*) => { ($($code)*, stringify!($($code)*)) };
    }

    fn without_blanks(text: &str) -> String {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        text.replace(",]", "]").replace(",)", ")")
    }

    #[test]
    fn what_is_printed_is_the_code_that_plays_it() {
        let (scenario, code) = written!(
            Scenario::of(
                &[Run::Fixes(5), Run::Dies],
                &[
                    Op::Give(1, Verb::Contextualize),
                    Op::Run(5),
                    Op::Strike(3, Hit::Limited(8)),
                    Op::Strike(3, Hit::CrashBefore),
                    Op::Away(Service::GitHub, 45),
                    Op::GitHub(0, Happening::ChecksFail, Telling::Late),
                    Op::CallModel(20000, Answered::Never),
                    Op::SwitchModel(false),
                    Op::AtOnce(7),
                    Op::Redeliver,
                ]
            )
            .under(&[Rule::Approval, Rule::OneAtOnce])
        );
        assert_eq!(without_blanks(&scenario.to_string()), without_blanks(code));
    }
}
