//! Mail and text messages against real servers on the loopback.

#[cfg(test)]
mod faults;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod sms;
