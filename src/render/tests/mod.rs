mod graph;
mod subcharts;
mod template;
mod trace;
