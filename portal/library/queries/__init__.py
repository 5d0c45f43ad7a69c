"""Every SELECT of the regulation library. Whoever may view the library sees all of it; notes are their writer's."""
