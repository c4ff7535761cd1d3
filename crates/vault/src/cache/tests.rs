use yuntu_terms::{EnterpriseId, Id, SeededEntropy, SubjectId};

use super::*;

fn enterprise() -> EnterpriseId {
    Id::generate(Timestamp::from_micros(0), &SeededEntropy::new(1)).unwrap()
}

fn subject(number: u32) -> KeyScope {
    KeyScope::Subject(enterprise(), SubjectId::new(number))
}

fn ring(scope: KeyScope, since: Timestamp) -> Ring {
    let version = Version {
        number: 1,
        suite: Suite::International,
        root: RootKey::new([0; 32]),
    };
    Ring::new(scope, vec![version], since).unwrap()
}

const START: i64 = 1_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(START + seconds * 1_000_000)
}

#[test]
fn a_ring_loaded_before_an_eviction_does_not_enter_after_it() {
    let cache = Cache::default();
    for evicted in [
        subject(1),
        KeyScope::Enterprise(enterprise()),
        KeyScope::Platform,
    ] {
        let ticket = cache.ticket();
        cache.evict(evicted);
        assert!(cache.put(ring(subject(1), at(0)), ticket, at(0)).is_none());
        assert!(cache.get(subject(1), at(0)).is_none());
    }
    let ticket = cache.ticket();
    cache.evict(subject(2));
    assert!(cache.put(ring(subject(1), at(0)), ticket, at(0)).is_some());
}

#[test]
fn a_ring_loaded_before_evictions_beyond_memory_does_not_enter() {
    let cache = Cache::default();
    let ticket = cache.ticket();
    cache.evict(subject(1));
    for _ in 0..EVICTIONS_MAX {
        cache.evict(subject(2));
    }
    assert!(cache.put(ring(subject(1), at(0)), ticket, at(0)).is_none());
}

#[test]
fn an_eviction_ends_the_handles_and_forgetting_does_not() {
    let cache = Cache::default();
    let kept = cache
        .put(ring(subject(1), at(0)), cache.ticket(), at(0))
        .unwrap();
    cache.forget(subject(1));
    assert!(cache.get(subject(1), at(0)).is_none());
    assert!(kept.check(at(0)).is_ok());
    let ended = cache
        .put(ring(subject(1), at(0)), cache.ticket(), at(0))
        .unwrap();
    cache.evict(KeyScope::Enterprise(enterprise()));
    assert!(ended.check(at(0)).is_err());
    assert!(kept.check(at(0)).is_err());
}

#[test]
fn a_lease_lasts_sixty_seconds_and_no_longer() {
    let ring = ring(subject(1), at(0));
    assert!(ring.check(at(59)).is_ok());
    assert!(ring.check(at(60)).is_err());
    assert!(ring.check(at(-1)).is_err());
}

#[test]
fn a_handle_has_half_of_a_lease_to_be_used_in_and_ends_with_those_after_it() {
    let cache = Cache::default();
    let put = |since| cache.put(ring(subject(1), at(since)), cache.ticket(), at(since));
    let first = put(0).unwrap();
    assert!(cache.get(subject(1), at(29)).is_some());
    assert!(cache.get(subject(1), at(30)).is_none());
    assert!(first.check(at(59)).is_ok());
    let second = put(30).unwrap();
    assert!(cache.get(subject(1), at(59)).is_some());
    cache.evict(subject(1));
    assert!(first.check(at(59)).is_err());
    assert!(second.check(at(59)).is_err());
}

#[test]
fn a_full_cache_makes_room_and_stays_bounded() {
    let cache = Cache::default();
    let count = u32::try_from(RINGS_MAX).unwrap();
    for number in 0..count + 1_000 {
        let ring = ring(subject(number), at(0));
        assert!(cache.put(ring, cache.ticket(), at(0)).is_some());
        assert!(cache.lock().rings.len() <= RINGS_MAX);
    }
    assert!(cache.get(subject(count + 999), at(1)).is_some());
    // What has ended goes first.
    for number in 0..count {
        let ring = ring(subject(number), at(60));
        cache.put(ring, cache.ticket(), at(60));
    }
    assert!(cache.get(subject(count - 1), at(60)).is_some());
    assert!(cache.lock().rings.values().all(|ring| ring.since == at(60)));
}
