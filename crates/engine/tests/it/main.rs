//! The engine over a real lake: hostile statements, an oracle, the doors.

mod doors;
mod hostile;
mod oracle;
mod products;
mod rig;
