{{ per_person() }}

with placed as (
    select
        claim.*,
        stay.stay_id,
        case
            when spell_row.reported_on > spell.first_reported then 'same_track'
            when spell.spell_rank = spell.stay_rank then 'founds_stay'
            when spell.dest_code = stay.dest_code then 'same_place'
            when spell.dest_code is not null then 'coarser_place'
            when stay.dest_code is not null then 'unknown_place'
            else 'same_place'
        end as joined_by
    {{ from_claims_of_spells() }}
    inner join {{ ref('int_stay_spell') }} as spell
        on
            spell_row.person_key = spell.person_key
            and spell_row.form_id = spell.form_id
            and spell_row.unit_code = spell.unit_code
            and spell_row.side = spell.side
            and spell_row.spell_number = spell.spell_number
    inner join {{ ref('int_stay') }} as stay
        on
            spell.person_key = stay.person_key
            and spell.stay_rank = stay.stay_rank
    where mistaken.file_id is null
    union all
    select
        claim.*,
        mistaken.stay_id,
        'taken_back' as joined_by
    from {{ ref('int_claim') }} as claim
    inner join {{ ref('int_mistaken_row') }} as mistaken
        on
            claim.file_id = mistaken.file_id
            and claim.sheet = mistaken.sheet
            and claim.row_number = mistaken.row_number
)

select
    stay_id,
    person_key,
    form_id,
    file_id,
    sheet,
    row_number,
    side,
    list_kind,
    reported_on,
    origin_code,
    origin_level,
    dest_code,
    dest_level,
    {{ published_date('left_hukou_from', 'left_hukou_to') }} as left_hukou_date,
    {{ published_after('left_hukou_from', 'left_hukou_to') }} as left_hukou_after,
    {{ published_before('left_hukou_from', 'left_hukou_to') }} as left_hukou_before,
    {{ published_date('arrived_from', 'arrived_to') }} as arrived_date,
    {{ published_after('arrived_from', 'arrived_to') }} as arrived_after,
    {{ published_before('arrived_from', 'arrived_to') }} as arrived_before,
    {{ published_date('ended_from', 'ended_to') }} as ended_date,
    {{ published_after('ended_from', 'ended_to') }} as ended_after,
    {{ published_before('ended_from', 'ended_to') }} as ended_before,
    reason_code,
    dwelling_code,
    joined_by
from placed
