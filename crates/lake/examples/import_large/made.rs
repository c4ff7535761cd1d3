//! A file of purchases of any length that is made while it is read: it takes no room, and any place of it can be read.

use std::io::{self, Read, Seek, SeekFrom};

const HEADER: &[u8] = b"member,event_type,channel,amount,happened,page\n";
/// Digits stand where a row has `#`: member, channel, amount, moment in seconds since 1970, product, campaign.
const ROW: &[u8] = b"m##########,view,c##,####,14########,https://shop.example.cn/products/########?from=campaign-######&place=front-page&device=phone&list=what-others-bought-with-it\n";

/// How many products the shop has.
const PRODUCTS: u64 = 5_000;

/// The file.
#[derive(Debug)]
pub(crate) struct Made {
    rows: u64,
    people: u64,
    position: u64,
}

impl Made {
    /// Makes a file of at least so many bytes about so many people, who come in no order.
    pub(crate) fn new(bytes: u64, people: u64) -> Self {
        Self {
            rows: bytes.div_ceil(ROW.len() as u64),
            people: people.max(1),
            position: 0,
        }
    }

    /// Counts its rows.
    pub(crate) const fn rows(&self) -> u64 {
        self.rows
    }

    fn len(&self) -> u64 {
        HEADER.len() as u64 + self.rows * ROW.len() as u64
    }

    fn row(&self, row: u64) -> Vec<u8> {
        let (one, other) = (scatter(row), scatter(row ^ u64::MAX));
        let product = other / 11 % PRODUCTS;
        let mut numbers = [
            one % self.people,
            other % 17,
            other / 17 % 10_000,
            other % 100_000_000,
            product,
            product % 97,
        ]
        .into_iter();
        let mut text = ROW.to_vec();
        for run in text.chunk_by_mut(|a, b| (*a == b'#') == (*b == b'#')) {
            if run.first() != Some(&b'#') {
                continue;
            }
            let mut number = numbers.next().unwrap_or_default();
            for digit in run.iter_mut().rev() {
                *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
                number /= 10;
            }
        }
        text
    }
}

/// Spreads a number over all 64 bits (the finaliser of `SplitMix64`).
const fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Read for Made {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < buffer.len() && self.position < self.len() {
            let header = HEADER.len() as u64;
            let made;
            let (text, from) = match self.position.checked_sub(header) {
                None => (HEADER, self.position),
                Some(place) => {
                    made = self.row(place / ROW.len() as u64);
                    (made.as_slice(), place % ROW.len() as u64)
                }
            };
            let from = usize::try_from(from).map_err(io::Error::other)?;
            let rest = text.get(from..).unwrap_or_default();
            let room = buffer.get_mut(done..).unwrap_or_default();
            let count = rest.len().min(room.len());
            for (to, byte) in room.iter_mut().zip(rest) {
                *to = *byte;
            }
            done += count;
            self.position += count as u64;
        }
        Ok(done)
    }
}

impl Seek for Made {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(by) => self.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_place_of_it_is_what_the_whole_has_there() {
        let mut whole = Vec::new();
        Made::new(2_000, 50).read_to_end(&mut whole).unwrap();
        assert!(whole.len() >= 2_000);
        let text = String::from_utf8(whole.clone()).unwrap();
        assert_eq!(text.lines().count() as u64, 1 + Made::new(2_000, 50).rows());
        assert!(!text.contains('#'));
        for start in 0..whole.len() {
            let mut made = Made::new(2_000, 50);
            made.seek(SeekFrom::Start(start as u64)).unwrap();
            let mut some = vec![0; 200.min(whole.len() - start)];
            made.read_exact(&mut some).unwrap();
            assert_eq!(some, whole[start..start + some.len()]);
        }
    }
}
