{#
    Which spells are one stay: of one person, of different forms or units, at compatible destinations, at possible times
    that overlap or touch, each with each. Spells are placed one after the other, the most precise destination and the
    earliest first, so that a coarse report joins one of two places and never ties them together.
#}
with recursive shared as (
    select person_key
    from {{ ref('int_spell') }}
    group by person_key
    having min(form_id || '/' || unit_code) <> max(form_id || '/' || unit_code)
),

candidates as (
    select
        s.*,
        coalesce(s.arrived_date, s.arrived_after, {{ span_from('s.left_span') }}, date '0001-01-01') as possible_from,
        coalesce(s.ended_date, s.ended_before, date '9999-12-31') as possible_to
    from {{ ref('int_spell') }} as s
    inner join shared as m on s.person_key = m.person_key
),

conflicts as (
    select
        s.person_key,
        s.spell_rank,
        array_agg(better.spell_rank) as ranks
    from candidates as s
    inner join candidates as better
        on
            s.person_key = better.person_key
            and s.spell_rank > better.spell_rank
    where
        (s.form_id = better.form_id and s.unit_code = better.unit_code)
        or s.possible_from > better.possible_to
        or s.possible_to < better.possible_from
        or not {{ compatible_places('s.dest_code', 's.dest_path', 'better.dest_code', 'better.dest_path') }}
    group by s.person_key, s.spell_rank
),

queued as (
    select
        s.person_key,
        s.spell_rank,
        c.ranks
    from candidates as s
    left join conflicts as c
        on
            s.person_key = c.person_key
            and s.spell_rank = c.spell_rank
),

placed as (
    select
        person_key,
        min(spell_rank) as spell_rank,
        min(spell_rank) as stay_rank,
        array_agg(spell_rank) as stay_ranks
    from queued
    where spell_rank = 1
    group by person_key
    union all
    select
        q.person_key,
        q.spell_rank,
        {{ first_open_group('p.stay_ranks', 'q.ranks', 'q.spell_rank') }} as stay_rank,
        array_append(p.stay_ranks, {{ first_open_group('p.stay_ranks', 'q.ranks', 'q.spell_rank') }}) as stay_ranks
    from placed as p
    inner join queued as q
        on
            p.person_key = q.person_key
            and p.spell_rank + 1 = q.spell_rank
)

select
    s.person_key,
    s.form_id,
    s.unit_code,
    s.side,
    s.spell_number,
    s.spell_rank,
    s.first_reported,
    s.dest_code,
    coalesce(p.stay_rank, s.spell_rank) as stay_rank
from {{ ref('int_spell') }} as s
left join placed as p
    on
        s.person_key = p.person_key
        and s.spell_rank = p.spell_rank
