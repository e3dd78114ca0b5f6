module example

go 1.21

require journeys v0.0.0

replace journeys => ./gen/src/journeys
