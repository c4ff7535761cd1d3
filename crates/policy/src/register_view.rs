use yuntu_terms::{Sink, Warrant};

use crate::{OperatorAction, OperatorRole, Refusal, decide_operator_act};

/// Opens what the register says of an operator towards the page of another who may see it.
///
/// It is made by [`decide_operator_register`] alone.
///
/// # Clause
/// R22, R23
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperatorRegister(());

impl Warrant for OperatorRegister {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Page
    }
}

/// Decides whether an operator sees the register of operators.
///
/// # Errors
/// [`Refusal`] with clause, fact and remedy.
///
/// # Clause
/// R23
pub fn decide_operator_register(role: OperatorRole) -> Result<OperatorRegister, Refusal> {
    decide_operator_act(role, OperatorAction::ViewOperators).map(|()| OperatorRegister(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_register_is_shown_on_a_page_to_who_may_see_it_and_nowhere_else() {
        let view = decide_operator_register(OperatorRole::Auditor).unwrap();
        assert!(view.opens(Sink::Page) && !view.opens(Sink::Json) && !view.opens(Sink::Mail));
        assert!(decide_operator_register(OperatorRole::Reviewer).is_err());
    }
}
