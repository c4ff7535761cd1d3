//! What a person does with her account, from the first code to the last session.

mod guesses;
mod life;
mod messages;
mod own_log;
