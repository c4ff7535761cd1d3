//! A body that is read while it comes: the side that awaits its pieces, and the side that reads them on a thread.

use std::io::{Error, ErrorKind, Read};

use axum::body::Bytes;
use tokio::sync::mpsc;

/// How many pieces may wait to be read.
const PIECES: usize = 4;

/// The side that takes pieces as they come.
#[derive(Debug)]
pub(crate) struct Inflow {
    pieces: mpsc::Sender<Option<Bytes>>,
    room: u64,
}

/// The side that is read; it must not be read on a thread that awaits.
#[derive(Debug)]
pub(crate) struct Outflow {
    pieces: mpsc::Receiver<Option<Bytes>>,
    current: Bytes,
    ended: bool,
}

/// Makes the two sides, for at most so many bytes.
pub(crate) fn flow(bytes_max: u64) -> (Inflow, Outflow) {
    let (sender, receiver) = mpsc::channel(PIECES);
    let inflow = Inflow {
        pieces: sender,
        room: bytes_max,
    };
    let outflow = Outflow {
        pieces: receiver,
        current: Bytes::new(),
        ended: false,
    };
    (inflow, outflow)
}

impl Inflow {
    /// Hands a piece on; says whether there was room for it. Once nobody reads any more, pieces are thrown away, so that
    /// whoever sends gets an answer and not a broken connection.
    pub(crate) async fn push(&mut self, piece: Bytes) -> bool {
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        let Some(room) = self.room.checked_sub(length) else {
            return false;
        };
        self.room = room;
        drop(self.pieces.send(Some(piece)).await);
        true
    }

    /// Says that everything came. A flow that is dropped without that breaks off, and is not taken for a shorter file.
    pub(crate) async fn end(self) {
        drop(self.pieces.send(None).await);
    }
}

impl Read for Outflow {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        while self.current.is_empty() && !self.ended {
            match self.pieces.blocking_recv() {
                Some(Some(piece)) => self.current = piece,
                Some(None) => self.ended = true,
                None => return Err(ErrorKind::UnexpectedEof.into()),
            }
        }
        let length = self.current.len().min(buffer.len());
        let piece = self.current.split_to(length);
        for (to, from) in buffer.iter_mut().zip(piece) {
            *to = from;
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_comes_is_read_and_what_breaks_off_is_no_shorter_file() {
        let read = |mut outflow: Outflow| {
            tokio::task::spawn_blocking(move || {
                let mut text = String::new();
                outflow.read_to_string(&mut text).map(|_| text)
            })
        };
        let (mut inflow, outflow) = flow(11);
        let whole = read(outflow);
        assert!(inflow.push(Bytes::from_static(b"hello ")).await);
        assert!(inflow.push(Bytes::from_static(b"world")).await);
        assert!(!inflow.push(Bytes::from_static(b"!")).await, "no room");
        inflow.end().await;
        assert_eq!(whole.await.unwrap().unwrap(), "hello world");
        let (mut inflow, outflow) = flow(11);
        let broken = read(outflow);
        assert!(inflow.push(Bytes::from_static(b"hello")).await);
        drop(inflow);
        assert!(broken.await.unwrap().is_err());
        let (mut inflow, outflow) = flow(11);
        drop(outflow);
        assert!(!inflow.push(Bytes::from_static(b"nobody reads")).await);
        assert!(inflow.push(Bytes::from_static(b"thrown")).await);
    }
}
