//! contextualize: to be written.
