//! Errors in a specification.

use crate::error::{Class, Classified};
use std::fmt::Debug;

/// Refusal of a specification: the field, its value and the values that it may have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {reason}")]
pub struct SpecError {
    /// The field's name.
    pub field: &'static str,
    /// Its value, and the values that this program has.
    pub reason: String,
}

impl SpecError {
    /// A value that is none of the choices.
    pub(super) fn choice<T: Debug>(field: &'static str, found: T, choices: &[T]) -> Self {
        let choices: Vec<String> = choices.iter().map(|choice| format!("{choice:?}")).collect();
        let reason = format!("is {found:?}; this program has {}", choices.join(", "));
        Self { field, reason }
    }

    /// A value outside a range.
    pub(super) fn range(field: &'static str, found: usize, low: usize, high: usize) -> Self {
        let reason = format!("is {found}; it must lie in {low} to {high}");
        Self { field, reason }
    }
}

impl Classified for SpecError {
    fn class(&self) -> Class {
        Class::Usage
    }
}
