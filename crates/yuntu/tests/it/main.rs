//! The command as a user meets it: its help, its exit codes, its words in both languages.

#[cfg(test)]
mod api;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod command;
#[cfg(test)]
mod consents_killed;
#[cfg(test)]
mod custody;
#[cfg(test)]
mod help;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod operators;
#[cfg(test)]
mod prove;
#[cfg(test)]
mod reach;
#[cfg(test)]
mod real;
#[cfg(test)]
mod served;
#[cfg(test)]
mod server;
#[cfg(test)]
mod story;
