//! What a person does with her account, from the first code to the last session.

mod alike;
mod arrivals;
mod devices;
mod guesses;
mod life;
mod messages;
mod own_log;
