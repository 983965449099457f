//! Where events come from: the keyboard, the clock, the media, signals. Each has a thread; all send into one channel.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::Sender,
    },
    thread,
    time::{Duration, Instant},
};

use crossterm::event::{self, Event};

use crate::ceremony::{self, VolumeWatch};

use super::{
    key::Key,
    message::Message,
    pin_door::{AtDoor, PinDoor},
};

/// How often the clock is told: a screen that works shows its rate in halves of a second.
const TICK: Duration = Duration::from_millis(250);

/// How often signals are looked for.
const LOOK: Duration = Duration::from_millis(50);

/// How often the network interfaces are looked at.
const INTERFACES_EVERY: Duration = Duration::from_secs(3);

/// How long the media are watched before the thread looks whether it is wanted still.
const VOLUMES_WITHIN: Duration = Duration::from_millis(500);

/// Reads keys until the interface ends. Keys of a PIN go through the door and nowhere else.
pub fn read_keys(messages: Sender<Message>, door: Arc<PinDoor>, ended: Arc<AtomicBool>) {
    thread::spawn(move || {
        while !ended.load(Ordering::Relaxed) {
            match event::poll(TICK) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(_) => {
                    let _ = messages.send(Message::Ending);
                    return;
                }
            }
            let message = match event::read() {
                Ok(Event::Key(key)) => match Key::of(key) {
                    None => continue,
                    Some(key) => match door.take(key) {
                        AtDoor::Closed => Message::Key(key),
                        AtDoor::Taken => continue,
                    },
                },
                Ok(Event::Paste(text)) => match door.paste(text) {
                    Some(text) => Message::Pasted(text),
                    None => continue,
                },
                Ok(Event::Resize(..)) => Message::Resized,
                Ok(_) => continue,
                Err(_) => Message::Ending,
            };
            if messages.send(message).is_err() {
                return;
            }
        }
    });
}

/// Tells the time, the network interfaces and signals until the interface ends.
pub fn tell_time(messages: Sender<Message>, signalled: Arc<AtomicBool>, ended: Arc<AtomicBool>) {
    thread::spawn(move || {
        let began = Instant::now();
        let (mut ticked, mut looked) = (None::<Instant>, None::<Instant>);
        while !ended.load(Ordering::Relaxed) {
            if signalled.swap(false, Ordering::Relaxed) && messages.send(Message::Ending).is_err() {
                return;
            }
            if looked.is_none_or(|at| at.elapsed() >= INTERFACES_EVERY) {
                looked = Some(Instant::now());
                let _ = messages.send(Message::Interfaces(ceremony::interfaces_up()));
            }
            if ticked.is_none_or(|at| at.elapsed() >= TICK) {
                ticked = Some(Instant::now());
                let tick = Message::Tick { clock: ceremony::utc_now(), since: began.elapsed() };
                if messages.send(tick).is_err() {
                    return;
                }
            }
            thread::sleep(LOOK);
        }
    });
}

/// Tells which volumes are mounted, now and whenever that changes, until the interface ends.
pub fn watch_volumes(messages: Sender<Message>, ended: Arc<AtomicBool>) {
    thread::spawn(move || {
        // Where the mounts cannot be watched, any folder can be opened still.
        let Ok(mut watch) = VolumeWatch::open() else { return };
        let mut told = None;
        while !ended.load(Ordering::Relaxed) {
            // A table that cannot be read just now does not say that all media were pulled.
            if let Ok(volumes) = ceremony::mounted_volumes()
                && told.as_ref() != Some(&volumes)
            {
                told = Some(volumes.clone());
                if messages.send(Message::Volumes(volumes)).is_err() {
                    return;
                }
            }
            while !ended.load(Ordering::Relaxed) && !watch.changed(VOLUMES_WITHIN) {}
        }
    });
}
