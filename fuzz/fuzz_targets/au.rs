#![no_main]

undertone_fuzz::target!(audio);
