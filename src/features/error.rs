//! What can be wrong with a specification.

use crate::error::{Class, Classified};
use std::fmt::Debug;

/// Why a specification was refused: the field, what it is and what it may be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {reason}")]
pub struct SpecError {
    /// The field's name.
    pub field: &'static str,
    /// What it is and what this program has.
    pub reason: String,
}

impl SpecError {
    /// `found` is none of the choices.
    pub(super) fn choice<T: Debug>(field: &'static str, found: T, choices: &[T]) -> Self {
        let choices: Vec<String> = choices.iter().map(|choice| format!("{choice:?}")).collect();
        let reason = format!("is {found:?}; this program has {}", choices.join(", "));
        Self { field, reason }
    }

    /// `found` lies outside a range.
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
