//! Signs of life on long steps: on standard error, and only where a person looks at it.

use std::io::{IsTerminal as _, Write as _};

/// Says what is being done, while it is done.
pub(crate) fn doing(what: &str) -> Doing {
    let shown = std::io::stderr().is_terminal();
    if shown {
        eprint!("{what}…");
        let _ = std::io::stderr().flush();
    }
    Doing { shown }
}

/// Something is being done; the line goes when it is over.
pub(crate) struct Doing {
    shown: bool,
}

impl Drop for Doing {
    fn drop(&mut self) {
        if self.shown {
            // Back to the line's beginning, and away with what is there.
            eprint!("\r\x1b[2K");
        }
    }
}
