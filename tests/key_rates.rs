//! What it costs to look at keys: what is found is asserted, the time is measured, for nobody's machine is like another's.
//!
//! A few keys each time; as many as a factory and the published lists have with
//! `COLDSIGN_LONG=1 cargo test --release --test key_rates -- --nocapture --test-threads 1`. `COLDSIGN_MODULI`,
//! `COLDSIGN_KEYS` and `COLDSIGN_LOOKS` say how many instead.

use std::{env, time::Instant};

use coldsign::{
    host::table::{Builder, Shape},
    pki::shared_prime::{Block, Product},
};

/// How many: what the variable says, else the few of every run or the many of the long form.
fn wanted(variable: &str, few: usize, many: usize) -> usize {
    let long = env::var("COLDSIGN_LONG").as_deref() == Ok("1");
    let otherwise = if long { many } else { few };
    env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// Octets that look random and are the same each time (xorshift).
fn fill(octets: &mut [u8], mut state: u64) {
    for part in octets.chunks_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        part.copy_from_slice(&state.to_be_bytes()[..part.len()]);
    }
}

#[test]
fn shared_primes_of_many_moduli_in_blocks_as_a_batch_has_them() {
    const OCTETS: usize = 256;
    const BLOCK_MAX: usize = 16_384;
    let count = wanted("COLDSIGN_MODULI", 256, 100_000);
    let block_len = BLOCK_MAX.min(count.div_ceil(2));
    // Odd numbers are no moduli, and many have a small factor in common; the arithmetic is the same.
    let mut octets = vec![0; count * OCTETS];
    fill(&mut octets, 0x2545_f491_4f6c_dd1d);
    for modulus in octets.chunks_mut(OCTETS) {
        modulus[0] |= 0x80;
        modulus[OCTETS - 1] |= 1;
    }
    let began = Instant::now();
    let blocks: Vec<&[u8]> = octets.chunks(block_len * OCTETS).collect();
    let products: Vec<Product> = blocks.iter().map(|block| Product::of(block.chunks(OCTETS))).collect();
    let mut found = 0;
    for (at, block) in blocks.iter().enumerate() {
        let others = products.iter().enumerate().filter(|(other, _)| *other != at);
        let elsewhere =
            others.fold(Product::one(), |elsewhere, (_, product)| elsewhere.times(product, &products[at]));
        found += Block::new(block.chunks(OCTETS)).shared(&elsewhere).len();
    }
    println!("{count} moduli of 2048 bits on one core: {:?}; {found} share something", began.elapsed());
    assert!(found > count / 2, "a third of odd numbers is divisible by three, and so on");
}

#[test]
fn a_key_in_a_block_list_of_millions() {
    const SHAPE: Shape = Shape { record_octets: 16, key_octets: 15 };
    let looks = wanted("COLDSIGN_LOOKS", 1_000, 100_000);
    let count = wanted("COLDSIGN_KEYS", 100_000, 10_000_000);
    let folder = tempfile::tempdir().expect("a folder");
    let began = Instant::now();
    let mut builder = Builder::new(folder.path(), SHAPE);
    let mut records = vec![0; 16 * 1024];
    for part in 0..count.div_ceil(1024) {
        fill(&mut records, 0x9e37_79b9_7f4a_7c15 ^ (part as u64 + 1));
        builder.add(&records).expect("added");
    }
    let table = builder.finish_unnamed().expect("made");
    println!("{} keys sorted in {:?}", table.count(), began.elapsed());
    let mut keys = vec![0; 16 * looks];
    fill(&mut keys, 0xd1b5_4a32_d192_ed03);
    let began = Instant::now();
    let found = keys.chunks(16).filter(|key| table.find(&key[..15]).expect("looked").is_some()).count();
    let each = began.elapsed() / u32::try_from(looks).expect("few");
    println!("{looks} looked up, {each:?} each; {found} found");
    assert_eq!(found, 0);
    fill(&mut records, 0x9e37_79b9_7f4a_7c15 ^ 1);
    assert_eq!(table.find(&records[..15]).expect("looked"), Some(records[..16].to_vec()));
}
