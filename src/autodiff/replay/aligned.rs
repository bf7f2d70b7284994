//! Memory that starts on a cache line: vector loads and stores that straddle two lines take twice as
//! long.

/// Bytes of a cache line.
const LINE: usize = 64;

/// `count` entries, rounded up to whole cache lines.
pub(crate) fn whole_lines<T>(count: usize) -> usize {
    count.next_multiple_of(LINE / size_of::<T>())
}

/// Entries from the start of a cache line on.
#[derive(Debug, Default)]
pub(crate) struct Aligned<T> {
    buffer: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Copy + num_traits::Zero> Aligned<T> {
    /// Makes it `len` entries long. What it held is lost if it has to grow.
    pub fn resize(&mut self, len: usize) {
        let line = LINE / size_of::<T>();
        if self.buffer.len() < len + line {
            self.buffer = vec![T::zero(); len + line];
            self.start = self.buffer.as_ptr().align_offset(LINE).min(line);
        }
        self.len = len;
    }

    /// The first `len` entries; there are made more if need be.
    pub fn first(&mut self, len: usize) -> &mut [T] {
        if self.len < len {
            self.resize(len);
        }
        &mut self[..len]
    }
}

impl<T> std::ops::Deref for Aligned<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.buffer[self.start..self.start + self.len]
    }
}

impl<T> std::ops::DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.buffer[self.start..self.start + self.len]
    }
}

impl<T: Clone> Clone for Aligned<T> {
    fn clone(&self) -> Self {
        let mut buffer = self.buffer.clone();
        let start = buffer.as_ptr().align_offset(LINE).min(buffer.len() - self.len);
        // The memory of the copy starts elsewhere in a line.
        if start > self.start {
            buffer.rotate_right(start - self.start);
        } else {
            buffer.rotate_left(self.start - start);
        }
        Aligned { buffer, start, len: self.len }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_start_on_lines_of_their_own() {
        for len in [0, 1, 7, 8, 1000] {
            let mut original = Aligned::<f64>::default();
            original.first(len).iter_mut().enumerate().for_each(|(i, x)| *x = i as f64);
            for memory in [&original, &original.clone()] {
                assert!(len == 0 || memory.as_ptr().align_offset(LINE) == 0);
                assert!(memory.len() == len && memory.iter().enumerate().all(|(i, &x)| x == i as f64));
            }
        }
        assert_eq!([1, 8, 9].map(whole_lines::<f64>), [8, 8, 16]);
        assert_eq!([1, 16, 17].map(whole_lines::<f32>), [16, 16, 32]);
    }
}
