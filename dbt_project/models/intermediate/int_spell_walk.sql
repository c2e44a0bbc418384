{#
    What the later full lists of the form and unit say about a spell that nothing else has ended. Stations are the last
    report of the spell and the later lists that hold it (a returned row may be this person). From a station on, the
    first clean list before the next station ends the spell; lists with an unidentifiable returned row say nothing.
#}
with held as (
    select distinct
        m.person_key,
        f.form_id,
        f.unit_code,
        f.reported_on
    from {{ ref('stg_returned_match') }} as m
    inner join {{ ref('int_current_file') }} as f on m.file_id = f.file_id
    where f.list_kind = 'full'
),

stations as (
    select
        person_key,
        form_id,
        unit_code,
        side,
        spell_number,
        last_reported as station_on
    from {{ ref('int_spell_claim') }}
    where not is_closed and not is_followed_by_move and not is_doubtful
    union all
    select
        s.person_key,
        s.form_id,
        s.unit_code,
        s.side,
        s.spell_number,
        h.reported_on as station_on
    from {{ ref('int_spell_claim') }} as s
    inner join held as h
        on
            s.person_key = h.person_key
            and s.form_id = h.form_id
            and s.unit_code = h.unit_code
            and s.last_reported < h.reported_on
            and (s.next_again_on is null or s.next_again_on > h.reported_on)
    where not s.is_closed and not s.is_followed_by_move and not s.is_doubtful
),

answered as (
    select
        s.person_key,
        s.form_id,
        s.unit_code,
        s.side,
        s.spell_number,
        s.station_on,
        d.next_clean_on,
        d.next_full_on,
        lead(s.station_on) over (
            partition by s.person_key, s.form_id, s.unit_code, s.side, s.spell_number
            order by s.station_on
        ) as next_station_on
    from stations as s
    inner join {{ ref('int_list_date') }} as d
        on
            s.form_id = d.form_id
            and s.unit_code = d.unit_code
            and s.station_on = d.reported_on
),

decided as (
    select
        *,
        -- the walk stops at the first station with an answer, or at the last
        row_number() over (
            partition by person_key, form_id, unit_code, side, spell_number
            order by station_on
        ) as step
    from answered
    where next_station_on is null or next_clean_on < next_station_on
)

select
    person_key,
    form_id,
    unit_code,
    side,
    spell_number,
    station_on as last_certain_on,
    next_clean_on as absent_on,
    next_clean_on is null and next_full_on is not null as is_unknown
from decided
where step = 1
