mod graph;
mod template;
mod trace;
